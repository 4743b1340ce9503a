"""ReduceLambda that remembers in a global variable which rows it has added.

Differs from lab2: no token; rows whose key is in a set of this process are skipped.
Verdict: wrong.
Why: the set lives in one container. A crash or a timeout after the commit empties it,
and the retry adds the batch again.
Shortest scenario: one trade, version 0; ReduceLambda crashes after the commit.
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")
seen = set()


def lambda_handler(event, context):
    records = [
        record for record in event["Records"] if functions.row_key(record) not in seen
    ]
    totals = functions.total(records)
    if not totals:
        return {"statusCode": 200}

    dynamodb.transact_write_items(
        TransactItems=[
            functions.add_to_aggregate(name, value) for name, value in totals.items()
        ]
    )
    seen.update(functions.row_key(record) for record in records)

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

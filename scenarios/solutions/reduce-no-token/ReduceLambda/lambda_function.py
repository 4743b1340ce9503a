"""ReduceLambda whose transaction has no token of its own.

Differs from lab2: no ClientRequestToken. boto3 then invents one for each call.
Verdict: wrong.
Why: boto3's token only covers its own retries. The invocation that repeats a failed
batch sends a new one, and the batch is added again.
Shortest scenario: one trade, version 0; ReduceLambda crashes after the commit.
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    totals = functions.total(event["Records"])
    if not totals:
        return {"statusCode": 200}

    dynamodb.transact_write_items(
        TransactItems=[
            functions.add_to_aggregate(name, value) for name, value in totals.items()
        ]
    )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

"""ReduceLambda that computes the totals anew from all of ReduceTable.

Differs from lab2: the records only say that there is something new. All rows are
scanned (consistent reads) and the totals are SET, unless the aggregate already stands
for as many rows.
Verdict: right, under every setting and however late a redelivery comes.
Why: nothing is added, so nothing can be added twice. Rows are never deleted, so their
number is a version that only grows.
Shortest scenario: any; lab2's with crashes.
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    messages = functions.scan_messages(dynamodb)
    totals = functions.total(messages)
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                functions.set_aggregate(name, value, len(messages))
                for name, value in totals.items()
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        codes = {reason["Code"] for reason in error.response["CancellationReasons"]}
        if not codes <= {"None", "ConditionalCheckFailed"}:
            raise

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

"""ReduceLambda that updates the rows of AggregateTable one by one.

Differs from lab2: one UpdateItem with ADD per entry instead of one transaction.
Verdict: wrong.
Why: a crash in the middle of the loop leaves some rows updated; the retry adds to them
again.
Shortest scenario: one trade, version 0; ReduceLambda crashes after the first update.
"""

from decimal import Decimal

import boto3

import constants
import functions

dynamodb = boto3.resource("dynamodb")
aggregate_table = dynamodb.Table(constants.AGGREGATE_TABLE_NAME)


def lambda_handler(event, context):
    totals = functions.total(event["Records"])

    for name, value in totals.items():
        aggregate_table.update_item(
            Key={constants.AGGREGATE_TABLE_KEY: name},
            UpdateExpression="ADD #v :v",
            ExpressionAttributeNames={"#v": constants.VALUE_COLUMN_NAME},
            ExpressionAttributeValues={":v": Decimal(str(value))},
        )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

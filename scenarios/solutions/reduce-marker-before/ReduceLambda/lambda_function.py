"""ReduceLambda that marks a batch as done in a call of its own, before it adds the sums.

Differs from lab2: a conditional PutItem of a marker row in AggregateTable, then the
transaction, without a token.
Verdict: wrong.
Why: a crash between the two leaves the marker without the sums. The retry sees the
marker and skips the batch: lost.
Shortest scenario: one trade, version 0; ReduceLambda crashes after the marker's put.
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    records = event["Records"]
    totals = functions.total(records)
    if not totals:
        return {"statusCode": 200}

    try:
        dynamodb.put_item(
            TableName=constants.AGGREGATE_TABLE_NAME,
            Item={constants.AGGREGATE_TABLE_KEY: {"S": functions.marker(records)}},
            ConditionExpression="attribute_not_exists(Identifier)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        print("This batch was processed before.")
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

"""ReduceLambda whose token is the invocation's request id.

Differs from lab2: ClientRequestToken=context.aws_request_id.
Verdict: wrong with a fault.
Why: the retry of a batch is another invocation with another request id, so that its
transaction is a new one to DynamoDB.
Shortest scenario: one trade; ReduceLambda crashes after the commit.
"""

import json

import boto3

dynamodb = boto3.client("dynamodb")


def total(records):
    """The sum of all new rows of ReduceTable, entry by entry."""
    totals = {}
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image is None:
            continue
        for name, value in json.loads(image["Message"]["S"]).items():
            if not name.startswith("timestamp"):
                totals[name] = totals.get(name, 0) + value
    return totals


def add(name, value):
    """The action of a transaction that adds a number to a row of AggregateTable."""
    return {
        "Update": {
            "TableName": "AggregateTable",
            "Key": {"Identifier": {"S": name}},
            "UpdateExpression": "ADD #v :v",
            "ExpressionAttributeNames": {"#v": "Value"},
            "ExpressionAttributeValues": {":v": {"N": str(value)}},
        }
    }


def lambda_handler(event, context):
    totals = total(event["Records"])
    if totals:
        dynamodb.transact_write_items(
            TransactItems=[add(name, value) for name, value in totals.items()],
            ClientRequestToken=context.aws_request_id,
        )
    return {"statusCode": 200}

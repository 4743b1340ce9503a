"""ReduceLambda that cuts its transaction into parts, each with a token of its own.

Differs from lab2: at most three rows a transaction; the token is that of the batch and
the part's number.
Verdict: right, within lab2's limits.
Why: a crash between two parts is followed by the same batch, whose first part is a
no-op. (For a while the levels of the hierarchy do not agree.)
Shortest scenario: any; lab2's with crashes.
"""

import hashlib
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


ROWS_PER_TRANSACTION = 3


def lambda_handler(event, context):
    records = event["Records"]
    digest = hashlib.md5(str(records).encode()).hexdigest()
    actions = [add(name, value) for name, value in sorted(total(records).items())]
    for start in range(0, len(actions), ROWS_PER_TRANSACTION):
        dynamodb.transact_write_items(
            TransactItems=actions[start : start + ROWS_PER_TRANSACTION],
            ClientRequestToken=f"{digest}-{start:03}",
        )
    return {"statusCode": 200}

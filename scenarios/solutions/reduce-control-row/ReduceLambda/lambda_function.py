"""ReduceLambda with a control row that names every row of ReduceTable added so far.

Differs from lab2: the transaction also adds the row's key to a set, unless it is there.
Verdict: right, however batches are cut and however late a redelivery comes - until the
control row reaches 400 KB.
Why: set and sums change together. A row that is in the set is passed over.
Shortest scenario: any; lab2's with crashes.
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


def enter(row_key):
    """The action of a transaction that fails if the row was added before."""
    return {
        "Update": {
            "TableName": "AggregateTable",
            "Key": {"Identifier": {"S": "control"}},
            "UpdateExpression": "ADD Added :keys",
            "ConditionExpression": "NOT contains(Added, :key)",
            "ExpressionAttributeValues": {
                ":keys": {"SS": [row_key]},
                ":key": {"S": row_key},
            },
        }
    }


def lambda_handler(event, context):
    for record in event["Records"]:
        totals = total([record])
        row_key = record["dynamodb"]["Keys"]["MessageId"]["S"]
        actions = [add(name, value) for name, value in totals.items()]
        try:
            dynamodb.transact_write_items(TransactItems=[enter(row_key)] + actions)
        except dynamodb.exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
                raise
    return {"statusCode": 200}

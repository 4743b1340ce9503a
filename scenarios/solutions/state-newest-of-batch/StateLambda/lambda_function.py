"""StateLambda that writes the newest version of each trade in the batch, once.

Differs from lab2: the batch is reduced in memory first; then lab2's condition.
Verdict: right.
Why: what is left out is older than what is written.
Shortest scenario: any; several versions of a trade in one batch.
"""

import base64
import json
from decimal import Decimal

import boto3

state_table = boto3.resource("dynamodb").Table("StateTable")


def row_of(record):
    """The row for a message. Floats are read as decimals, which DynamoDB takes."""
    data = base64.b64decode(record["kinesis"]["data"])
    trade = json.loads(data, parse_float=Decimal)
    return {
        "id": trade["TradeID"],
        "Value": Decimal(trade["Value"]),
        "Version": trade["Version"],
        "Timestamp": Decimal(trade["Timestamp"]),
        "Hierarchy": json.dumps(trade["Hierarchy"], sort_keys=True),
    }


def newest(rows):
    """Of the rows with the same id, the one with the highest version."""
    found = {}
    for row in rows:
        if row["id"] not in found or found[row["id"]]["Version"] < row["Version"]:
            found[row["id"]] = row
    return found.values()


def lambda_handler(event, context):
    for row in newest([row_of(record) for record in event["Records"]]):
        try:
            state_table.put_item(
                Item=row,
                ConditionExpression="attribute_not_exists(id) OR Version < :version",
                ExpressionAttributeValues={":version": row["Version"]},
            )
        except state_table.meta.client.exceptions.ConditionalCheckFailedException:
            pass
    return {"statusCode": 200}

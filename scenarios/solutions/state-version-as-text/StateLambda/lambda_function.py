"""StateLambda that keeps versions as text.

Differs from lab2: Version is a string, and so is what it is compared with.
Verdict: wrong, without a fault, from version 10 on.
Why: strings are compared byte by byte: "9" is greater than "10".
Shortest scenario: one trade, version 9, then 10.
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


def lambda_handler(event, context):
    for record in event["Records"]:
        row = row_of(record)
        row["Version"] = str(row["Version"])
        try:
            state_table.put_item(
                Item=row,
                ConditionExpression="attribute_not_exists(id) OR Version < :version",
                ExpressionAttributeValues={":version": row["Version"]},
            )
        except state_table.meta.client.exceptions.ConditionalCheckFailedException:
            pass
    return {"statusCode": 200}

"""StateLambda written with the low-level client.

Differs from lab2: typed values, the client's own exception class, no random failures;
every message is taken, however old.
Verdict: right.
Why: the condition is lab2's.
Shortest scenario: any; lab2's.
"""

import base64
import json

import boto3

dynamodb = boto3.client("dynamodb")


def typed_row(trade):
    """A trade's row as DynamoDB's JSON has it."""
    return {
        "id": {"S": trade["TradeID"]},
        "Value": {"N": str(trade["Value"])},
        "Version": {"N": str(trade["Version"])},
        "Timestamp": {"N": str(trade["Timestamp"])},
        "Hierarchy": {"S": json.dumps(trade["Hierarchy"], sort_keys=True)},
    }


def lambda_handler(event, context):
    for record in event["Records"]:
        row = typed_row(json.loads(base64.b64decode(record["kinesis"]["data"])))
        try:
            dynamodb.put_item(
                TableName="StateTable",
                Item=row,
                ConditionExpression="attribute_not_exists(id) OR #version < :version",
                ExpressionAttributeNames={"#version": "Version"},
                ExpressionAttributeValues={":version": row["Version"]},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            pass

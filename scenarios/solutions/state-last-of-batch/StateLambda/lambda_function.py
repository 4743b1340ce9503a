"""StateLambda that writes the last version of each trade in the batch.

Differs from state-newest-of-batch: a later record replaces an earlier one, whatever
their versions.
Verdict: wrong, without a fault.
Why: where a late old version is behind the new one in the same batch, the new one is
never written.
Shortest scenario: one trade, version 1, then 0, in one batch.
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
    rows = {row["id"]: row for row in map(row_of, event["Records"])}
    for row in rows.values():
        try:
            state_table.put_item(
                Item=row,
                ConditionExpression="attribute_not_exists(id) OR Version < :version",
                ExpressionAttributeValues={":version": row["Version"]},
            )
        except state_table.meta.client.exceptions.ConditionalCheckFailedException:
            pass
    return {"statusCode": 200}

"""Helpers of ReduceLambda."""

import json
import random

import constants


def read_parameter(client, name, default=0):
    """A number from ParameterTable, or the default where it is not set."""
    response = client.get_item(
        TableName=constants.PARAMETER_TABLE_NAME,
        Key={constants.PARAMETER_TABLE_KEY: {"S": name}},
        ConsistentRead=True,
    )
    if "Item" not in response:
        return default
    return float(response["Item"][constants.PARAMETER_COLUMN_NAME]["N"])


def fail_at_random(percentage):
    """The workshop's way to make functions unreliable."""
    if random.uniform(0, 100) < percentage:
        raise Exception("Random failure, introduced on purpose")


def scan_messages(client):
    """The messages of all rows of ReduceTable."""
    pages = client.get_paginator("scan").paginate(
        TableName=constants.REDUCE_TABLE_NAME, ConsistentRead=True
    )
    return [
        json.loads(item[constants.MESSAGE_COLUMN_NAME]["S"])
        for page in pages
        for item in page["Items"]
    ]


def total(messages):
    """The sum of messages, entry by entry."""
    totals = {}
    for message in messages:
        for name, value in message.items():
            if name not in constants.TIMESTAMP_NAMES:
                totals[name] = totals.get(name, 0) + value
    return totals


def set_aggregate(name, value, rows):
    """The action of a transaction that sets a row of AggregateTable, unless it is as new."""
    return {
        "Update": {
            "TableName": constants.AGGREGATE_TABLE_NAME,
            "Key": {constants.AGGREGATE_TABLE_KEY: {"S": name}},
            "UpdateExpression": "SET #v = :v, #rows = :rows",
            "ConditionExpression": "attribute_not_exists(#rows) OR #rows < :rows",
            "ExpressionAttributeNames": {
                "#v": constants.VALUE_COLUMN_NAME,
                "#rows": constants.ROWS_COLUMN_NAME,
            },
            "ExpressionAttributeValues": {
                ":v": {"N": str(value)},
                ":rows": {"N": str(rows)},
            },
        }
    }

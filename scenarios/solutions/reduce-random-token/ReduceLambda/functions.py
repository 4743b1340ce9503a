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


def total(records):
    """The sum of all new rows of ReduceTable, entry by entry."""
    totals = {}
    for record in records:
        change = record["dynamodb"]
        if "NewImage" not in change:
            continue
        message = json.loads(change["NewImage"][constants.MESSAGE_COLUMN_NAME]["S"])
        for name, value in message.items():
            if name not in constants.TIMESTAMP_NAMES:
                totals[name] = totals.get(name, 0) + value
    return totals


def add_to_aggregate(name, value):
    """The action of a transaction that adds a number to a row of AggregateTable."""
    return {
        "Update": {
            "TableName": constants.AGGREGATE_TABLE_NAME,
            "Key": {constants.AGGREGATE_TABLE_KEY: {"S": name}},
            "UpdateExpression": "ADD #v :v",
            "ExpressionAttributeNames": {"#v": constants.VALUE_COLUMN_NAME},
            "ExpressionAttributeValues": {":v": {"N": str(value)}},
        }
    }

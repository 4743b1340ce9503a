"""Helpers of ReduceLambda."""

import json
import random

import constants


def read_parameter(dynamodb, name, default=0):
    """A number from ParameterTable, or the default where it is not set."""
    table = dynamodb.Table(constants.PARAMETER_TABLE_NAME)
    response = table.get_item(
        Key={constants.PARAMETER_TABLE_KEY: name}, ConsistentRead=True
    )
    if "Item" not in response:
        return default
    return float(response["Item"][constants.PARAMETER_COLUMN_NAME])


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

"""Helpers of MapLambda."""

import hashlib
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


def digest(records):
    """The same for the same batch, however often it is delivered."""
    return hashlib.sha256(str(records).encode()).hexdigest()


def prefixes(hierarchy):
    """PV, PV:FXSpot, PV:FXSpot:EMEA: a leaf counts at every level above it."""
    parts = [hierarchy[level] for level in constants.AGGREGATION_HIERARCHY]
    return [":".join(parts[: depth + 1]) for depth in range(len(parts))]


def add_image(sums, image, sign):
    """Count a row of StateTable (sign 1) or take it back (sign -1)."""
    hierarchy = json.loads(image[constants.HIERARCHY_COLUMN_NAME]["S"])
    value = float(image[constants.VALUE_COLUMN_NAME]["N"])
    for prefix in prefixes(hierarchy):
        sums[prefix] = sums.get(prefix, 0.0) + sign * value


def summarize(records):
    """What a batch of changes of StateTable adds to each node of the tree; empty if nothing."""
    sums = {}
    count = 0
    first_time = None
    total_time = 0.0
    for record in records:
        change = record["dynamodb"]
        if "NewImage" not in change:
            continue
        add_image(sums, change["NewImage"], 1)
        if "OldImage" in change:
            add_image(sums, change["OldImage"], -1)

        timestamp = float(change["NewImage"][constants.TIMESTAMP_COLUMN_NAME]["N"])
        first_time = timestamp if first_time is None else min(first_time, timestamp)
        total_time += timestamp
        count += 1

    if count:
        sums[constants.MESSAGE_COUNT_NAME] = count
        sums[constants.TIMESTAMP_FIRST_NAME] = first_time
        sums[constants.TIMESTAMP_MEAN_NAME] = total_time / count
    return sums

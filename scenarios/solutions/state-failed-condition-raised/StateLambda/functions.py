"""Helpers of StateLambda."""

import base64
import json
import random
from decimal import Decimal

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


def decode_trade(record):
    """The message that the generator put on the stream."""
    return json.loads(base64.b64decode(record["kinesis"]["data"]))


def is_outdated(trade, now):
    return now - trade[constants.TIMESTAMP_COLUMN_NAME] > constants.MAX_AGE_SECONDS


def new_state(trade):
    """The values that a trade's row gets. DynamoDB takes decimals, not floats."""
    return {
        ":new_value": Decimal(str(trade[constants.VALUE_COLUMN_NAME])),
        ":new_version": trade[constants.VERSION_COLUMN_NAME],
        ":new_timestamp": Decimal(str(trade[constants.TIMESTAMP_COLUMN_NAME])),
        ":new_hierarchy": json.dumps(
            trade[constants.HIERARCHY_COLUMN_NAME], sort_keys=True
        ),
    }

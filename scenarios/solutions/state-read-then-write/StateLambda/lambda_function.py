"""StateLambda that compares versions itself: it reads the row, then puts the new one.

Differs from lab2: a consistent GetItem and a PutItem without a condition instead of one
conditional update.
Verdict: wrong, without a fault.
Why: nothing holds the row between the read and the write. Two versions of a trade are
on different shards, so two invocations can work on them at once.
Shortest scenario: one trade, versions 0 and 1 on two shards: the invocation with
version 0 reads (no row), the other one writes version 1, the first one overwrites it
with version 0.
"""

import time

import boto3

import constants
import functions

dynamodb = boto3.resource("dynamodb")
state_table = dynamodb.Table(constants.STATE_TABLE_NAME)


def lambda_handler(event, context):
    records = event["Records"]
    failure_percentage = functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    now = time.time()

    for record in records:
        functions.fail_at_random(failure_percentage / len(records))

        trade = functions.decode_trade(record)
        if functions.is_outdated(trade, now):
            continue

        key = {constants.STATE_TABLE_KEY: trade[constants.ID_COLUMN_NAME]}
        current = state_table.get_item(Key=key, ConsistentRead=True).get("Item")
        version = trade[constants.VERSION_COLUMN_NAME]
        if current is None or current[constants.VERSION_COLUMN_NAME] < version:
            state_table.put_item(Item={**key, **functions.new_state(trade)})

    return {"statusCode": 200}

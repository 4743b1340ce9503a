"""StateLambda that does not catch a failed condition.

Differs from lab2: ConditionalCheckFailedException leaves the function.
Verdict: wrong, without a fault.
Why: the batch with a duplicate or a late old version fails, now and at every retry, and
blocks its shard until its records expire.
Shortest scenario: one trade, version 0 twice.
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

        state_table.update_item(
            Key={constants.STATE_TABLE_KEY: trade[constants.ID_COLUMN_NAME]},
            UpdateExpression=(
                "SET #value = :new_value, #version = :new_version, "
                "#timestamp = :new_timestamp, #hierarchy = :new_hierarchy"
            ),
            ConditionExpression="attribute_not_exists(id) OR Version < :new_version",
            ExpressionAttributeNames={
                "#value": constants.VALUE_COLUMN_NAME,
                "#version": constants.VERSION_COLUMN_NAME,
                "#timestamp": constants.TIMESTAMP_COLUMN_NAME,
                "#hierarchy": constants.HIERARCHY_COLUMN_NAME,
            },
            ExpressionAttributeValues=functions.new_state(trade),
        )

    return {"statusCode": 200}

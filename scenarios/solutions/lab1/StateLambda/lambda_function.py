"""StateLambda, as Lab 1 leaves it: keep the state of every trade in StateTable.

Kinesis -> StateLambda -> StateTable

Every message overwrites its trade's row, whatever version the row has. So a late old
version replaces a newer one; Lab 2 is about that.
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
            ExpressionAttributeNames={
                "#value": constants.VALUE_COLUMN_NAME,
                "#version": constants.VERSION_COLUMN_NAME,
                "#timestamp": constants.TIMESTAMP_COLUMN_NAME,
                "#hierarchy": constants.HIERARCHY_COLUMN_NAME,
            },
            ExpressionAttributeValues=functions.new_state(trade),
        )

    return {"statusCode": 200}

"""StateLambda that goes on after any exception.

Differs from lab2: every exception of the update is logged and forgotten, not only a
failed condition.
Verdict: wrong.
Why: where the write did not happen, throttling for example, the message is lost: the
function returns, so the batch counts as done.
Shortest scenario: one trade, version 0; one throttle that outlasts the client's
retries.
"""

import logging
import time

import boto3

import constants
import functions

logger = logging.getLogger()
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

        try:
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
        except Exception:
            logger.exception("Could not write %s", trade[constants.ID_COLUMN_NAME])

    return {"statusCode": 200}

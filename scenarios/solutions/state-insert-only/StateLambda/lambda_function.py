"""StateLambda that writes a trade's row only if there is none.

Differs from lab2: the condition is attribute_not_exists(id) alone.
Verdict: wrong, without a fault.
Why: it keeps duplicates out, but also every update: the second version of a trade is
dropped.
Shortest scenario: one trade, version 0 and then version 1.
"""

import time

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

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

        try:
            state_table.update_item(
                Key={constants.STATE_TABLE_KEY: trade[constants.ID_COLUMN_NAME]},
                UpdateExpression=(
                    "SET #value = :new_value, #version = :new_version, "
                    "#timestamp = :new_timestamp, #hierarchy = :new_hierarchy"
                ),
                ConditionExpression=Attr(constants.STATE_TABLE_KEY).not_exists(),
                ExpressionAttributeNames={
                    "#value": constants.VALUE_COLUMN_NAME,
                    "#version": constants.VERSION_COLUMN_NAME,
                    "#timestamp": constants.TIMESTAMP_COLUMN_NAME,
                    "#hierarchy": constants.HIERARCHY_COLUMN_NAME,
                },
                ExpressionAttributeValues=functions.new_state(trade),
            )
        except ClientError as error:
            # The trade is known already.
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    return {"statusCode": 200}

"""StateLambda that answers a failed write with a status code, as an HTTP handler would.

Differs from lab2: on any other error of the client it returns {"statusCode": 500}
instead of raising.
Verdict: wrong.
Why: to an event source mapping whatever is returned is a success. The rest of the batch
is lost.
Shortest scenario: one trade, version 0; one throttle that outlasts the client's
retries.
"""

import time

import boto3
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
                ConditionExpression="attribute_not_exists(id) OR Version < :new_version",
                ExpressionAttributeNames={
                    "#value": constants.VALUE_COLUMN_NAME,
                    "#version": constants.VERSION_COLUMN_NAME,
                    "#timestamp": constants.TIMESTAMP_COLUMN_NAME,
                    "#hierarchy": constants.HIERARCHY_COLUMN_NAME,
                },
                ExpressionAttributeValues=functions.new_state(trade),
            )
        except ClientError as error:
            # The row is as new as the message, or newer: nothing to do.
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                return {"statusCode": 500, "body": str(error)}

    return {"statusCode": 200}

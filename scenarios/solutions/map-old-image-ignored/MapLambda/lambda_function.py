"""MapLambda that counts new images and forgets to take the old ones back.

Differs from lab2: OldImage is not subtracted.
Verdict: wrong, without a fault.
Why: after an update both versions of the trade are in the aggregate.
Shortest scenario: one trade, version 0 and then version 1.
"""

import json

import boto3
from botocore.exceptions import ClientError

import constants
import functions

dynamodb = boto3.resource("dynamodb")
reduce_table = dynamodb.Table(constants.REDUCE_TABLE_NAME)


def lambda_handler(event, context):
    records = event["Records"]
    sums = functions.summarize(records)
    if not sums:
        return {"statusCode": 200}

    try:
        reduce_table.put_item(
            Item={
                constants.REDUCE_TABLE_KEY: functions.digest(records),
                constants.MESSAGE_COLUMN_NAME: json.dumps(sums, sort_keys=True),
            },
            ConditionExpression="attribute_not_exists(MessageId)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            return {"statusCode": 500}

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

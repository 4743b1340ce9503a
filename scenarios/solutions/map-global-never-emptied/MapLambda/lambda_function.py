"""MapLambda that collects its records in a global list and never empties it.

Differs from lab2: the list of records lives outside the handler.
Verdict: wrong.
Why: a warm container still holds the records of the invocation before, and counts them
once more in the row of the next batch. In new containers nothing is wrong.
Shortest scenario: one trade, versions 0 and 1, each in a batch of its own.
"""

import json

import boto3
from botocore.exceptions import ClientError

import constants
import functions

dynamodb = boto3.resource("dynamodb")
reduce_table = dynamodb.Table(constants.REDUCE_TABLE_NAME)
records = []


def lambda_handler(event, context):
    for record in event["Records"]:
        records.append(record)
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

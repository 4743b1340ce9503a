"""MapLambda that puts its row without a condition, through the low-level client.

Differs from lab2: PutItem has no ConditionExpression; an error of the client is raised.
Verdict: right.
Why: the same batch gives the same key and the same row, and a put that changes nothing
emits no stream record. So the second put of a retry is invisible to ReduceLambda.
Shortest scenario: any; lab2's with crashes.
"""

import json

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    records = event["Records"]
    sums = functions.summarize(records)
    if not sums:
        return {"statusCode": 200}

    dynamodb.put_item(
        TableName=constants.REDUCE_TABLE_NAME,
        Item={
            constants.REDUCE_TABLE_KEY: {"S": functions.digest(records)},
            constants.MESSAGE_COLUMN_NAME: {"S": json.dumps(sums, sort_keys=True)},
        },
    )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

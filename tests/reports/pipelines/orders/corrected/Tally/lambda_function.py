import base64
import hashlib
import json

import boto3

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    sums = {}
    for record in event["Records"]:
        message = json.loads(base64.b64decode(record["kinesis"]["data"]))
        hierarchy = message["Hierarchy"]
        levels = [hierarchy["RiskType"], hierarchy["TradeDesk"], hierarchy["Region"]]
        for depth in range(1, 4):
            key = ":".join(levels[:depth])
            sums[key] = sums.get(key, 0) + message["Value"]
    dynamodb.transact_write_items(
        ClientRequestToken=hashlib.md5(str(event["Records"]).encode()).hexdigest(),
        TransactItems=[
            {
                "Update": {
                    "TableName": "AggregateTable",
                    "Key": {"Identifier": {"S": key}},
                    "UpdateExpression": "ADD #v :v",
                    "ExpressionAttributeNames": {"#v": "Value"},
                    "ExpressionAttributeValues": {":v": {"N": str(value)}},
                }
            }
            for key, value in sums.items()
        ],
    )

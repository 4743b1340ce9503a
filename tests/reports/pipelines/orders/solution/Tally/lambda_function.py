import base64
import json

import boto3

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(base64.b64decode(record["kinesis"]["data"]))
        hierarchy = message["Hierarchy"]
        levels = [hierarchy["RiskType"], hierarchy["TradeDesk"], hierarchy["Region"]]
        for depth in range(1, 4):
            dynamodb.update_item(
                TableName="AggregateTable",
                Key={"Identifier": {"S": ":".join(levels[:depth])}},
                UpdateExpression="ADD #v :v",
                ExpressionAttributeNames={"#v": "Value"},
                ExpressionAttributeValues={":v": {"N": str(message["Value"])}},
            )

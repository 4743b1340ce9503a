import base64
import json
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table("Inbox")


def lambda_handler(event, context):
    with table.batch_writer() as batch:
        for record in event["Records"]:
            message = json.loads(base64.b64decode(record["kinesis"]["data"]), parse_float=Decimal)
            batch.put_item(Item={"id": message["TradeID"], "version": message["Version"],
                                 "hierarchy": message["Hierarchy"], "value": message["Value"]})

import boto3
from boto3.dynamodb.conditions import Attr

resource = boto3.resource("dynamodb")
inbox = resource.Table("Inbox")
sums = resource.Table("AggregateTable")


def lambda_handler(event, context):
    for record in event["Records"]:
        keys = record["dynamodb"]["Keys"]
        row = inbox.get_item(Key={"id": keys["id"]["S"], "version": int(keys["version"]["N"])})["Item"]
        parts = [row["hierarchy"][name] for name in ("RiskType", "TradeDesk", "Region")]
        marker = f"{row['id']}/{row['version']}"
        for depth in range(1, 4):
            try:
                sums.update_item(
                    Key={"Identifier": ":".join(parts[:depth])},
                    UpdateExpression="ADD #v :v, seen :marker",
                    ConditionExpression=~Attr("seen").contains(marker),
                    ExpressionAttributeNames={"#v": "Value"},
                    ExpressionAttributeValues={":v": row["value"], ":marker": {marker}},
                )
            except resource.meta.client.exceptions.ConditionalCheckFailedException:
                pass

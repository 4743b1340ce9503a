import boto3

client = boto3.client("dynamodb")


def lambda_handler(event, context):
    for record in event["Records"]:
        if record["dynamodb"]["Keys"]["id"]["S"] == "B":
            raise ValueError('no "B" here; it ends # <here>')
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        parts = [image["hierarchy"]["M"][name]["S"] for name in ("RiskType", "TradeDesk", "Region")]
        client.transact_write_items(TransactItems=[
            {"Update": {"TableName": "AggregateTable", "Key": {"Identifier": {"S": ":".join(parts[:n])}},
                        "UpdateExpression": "ADD #v :v", "ExpressionAttributeNames": {"#v": "Value"},
                        "ExpressionAttributeValues": {":v": image["value"]}}}
            for n in (1, 2, 3)])

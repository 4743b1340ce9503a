"""MapLambda that writes a row of ReduceTable for every change of StateTable.

Differs from lab2: the key is the change's event id, and no condition is needed.
Verdict: right, however batches are cut and however late a redelivery comes.
Why: a change that comes again puts the same row again, which makes no stream record.
Shortest scenario: any; lab2's with crashes, or with re-formed batches.
"""

import json

import boto3

reduce_table = boto3.resource("dynamodb").Table("ReduceTable")

LEVELS = ["RiskType", "TradeDesk", "Region"]


def summarize(records):
    """What changes of StateTable add to each node of the hierarchy."""
    sums = {}
    for record in records:
        change = record["dynamodb"]
        for image, sign in ((change.get("NewImage"), 1), (change.get("OldImage"), -1)):
            if image is None:
                continue
            hierarchy = json.loads(image["Hierarchy"]["S"])
            parts = [hierarchy[level] for level in LEVELS]
            for depth in range(1, len(parts) + 1):
                name = ":".join(parts[:depth])
                sums[name] = sums.get(name, 0.0) + sign * float(image["Value"]["N"])
    return sums


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.dumps(summarize([record]), sort_keys=True)
        reduce_table.put_item(
            Item={"MessageId": record["eventID"], "Message": message}
        )
    return {"statusCode": 200}

"""MapLambda that takes BatchWriteItem's answer for done.

Differs from map-batch-write: UnprocessedItems are not looked at.
Verdict: wrong with a fault.
Why: a throttled BatchWriteItem succeeds with the items it could not write in its
answer; the batch is acknowledged without them.
Shortest scenario: two changes in one batch; one throttle that is done in part.
"""

import json

import boto3

dynamodb = boto3.client("dynamodb")

ITEMS_PER_CALL = 25

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


def put_request(record):
    """The row for one change."""
    message = json.dumps(summarize([record]), sort_keys=True)
    item = {"MessageId": {"S": record["eventID"]}, "Message": {"S": message}}
    return {"PutRequest": {"Item": item}}


def lambda_handler(event, context):
    requests = [put_request(record) for record in event["Records"]]
    for start in range(0, len(requests), ITEMS_PER_CALL):
        dynamodb.batch_write_item(
            RequestItems={"ReduceTable": requests[start : start + ITEMS_PER_CALL]}
        )
    return {"statusCode": 200}

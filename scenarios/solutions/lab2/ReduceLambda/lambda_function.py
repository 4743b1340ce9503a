"""ReduceLambda, as Lab 2 wants it: add the sums of ReduceTable up in AggregateTable, once.

ReduceTable (stream) -> ReduceLambda -> AggregateTable

All rows change together or not at all. The transaction's token is derived from the
batch, so that a batch that is delivered again after a failure finds its transaction
done (for ten minutes).
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    records = event["Records"]
    totals = functions.total(records)
    if not totals:
        return {"statusCode": 200}

    dynamodb.transact_write_items(
        TransactItems=[
            functions.add_to_aggregate(name, value) for name, value in totals.items()
        ],
        ClientRequestToken=functions.token(records),
    )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

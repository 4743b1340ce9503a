"""ReduceLambda, as Lab 1 leaves it: add the sums of ReduceTable up in AggregateTable.

ReduceTable (stream) -> ReduceLambda -> AggregateTable

All rows change together or not at all. But a batch that fails after the commit is
delivered again, and is then added again; Lab 2 is about that.
"""

import boto3

import constants
import functions

dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    totals = functions.total(event["Records"])
    if not totals:
        return {"statusCode": 200}

    dynamodb.transact_write_items(
        TransactItems=[
            functions.add_to_aggregate(name, value) for name, value in totals.items()
        ]
    )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

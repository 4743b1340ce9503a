"""ReduceLambda whose transaction has a random token.

Differs from lab2: ClientRequestToken is a uuid4 instead of a hash of the batch.
Verdict: wrong.
Why: the token must be the same when the batch is delivered again. This one never is.
Shortest scenario: one trade, version 0; ReduceLambda crashes after the commit.
"""

import uuid

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
        ],
        ClientRequestToken=str(uuid.uuid4()),
    )

    functions.fail_at_random(
        functions.read_parameter(dynamodb, constants.FAILURE_PARAMETER)
    )
    return {"statusCode": 200}

"""Fill botocore's caches in the zygote, so that not every run has to.

A first call costs a run about 10 ms, a later one less than 1 ms. Clients of our own make calls that
are answered at once; of the function's clients only the parts without side effects are touched
(models, serializers, endpoint rules): its own event hooks never see any of this. All of it is
optional: where a botocore differs, runs are slower.
"""

import weakref

DYNAMODB_CALLS = {
    "GetItem": {"TableName": "table", "Key": {"k": {"S": "v"}}, "ConsistentRead": True},
    "PutItem": {"TableName": "table", "Item": {"k": {"S": "v"}}, "ConditionExpression": "c"},
    "UpdateItem": {
        "TableName": "table",
        "Key": {"k": {"S": "v"}},
        "UpdateExpression": "u",
        "ExpressionAttributeNames": {"#a": "a"},
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    },
    "TransactWriteItems": {
        "TransactItems": [
            {
                "Update": {
                    "TableName": "table",
                    "Key": {"k": {"S": "v"}},
                    "UpdateExpression": "u",
                    "ExpressionAttributeValues": {":v": {"N": "1"}},
                }
            },
            {"Put": {"TableName": "table", "Item": {"k": {"S": "v"}}}},
        ]
    },
    "BatchWriteItem": {"RequestItems": {"table": [{"PutRequest": {"Item": {"k": {"S": "v"}}}}]}},
    "Query": {"TableName": "table", "KeyConditionExpression": "k"},
    "Scan": {"TableName": "table"},
}


class Warmer:
    """Notes the clients that are made while a package is imported, and warms them up."""

    def __init__(self, sdk):
        import botocore.client

        self.sdk = sdk
        self.clients = []
        original = botocore.client.ClientCreator.create_client

        def create_client(creator, *args, **kwargs):
            client = original(creator, *args, **kwargs)
            if self.clients is not None:
                self.clients.append(weakref.ref(client))
            return client

        botocore.client.ClientCreator.create_client = create_client

    def warm_up(self):
        made = [reference() for reference in self.clients]
        self.clients = None
        self.sdk.warming = True
        try:
            self._make_calls()
            for client in made:
                if client is not None and client.meta.service_model.service_name == "dynamodb":
                    self._touch(client)
        except Exception:  # see above
            pass
        self.sdk.warming = False

    def _make_calls(self):
        import boto3

        session = boto3.Session()
        table = session.resource("dynamodb").Table("table")
        table.get_item(Key={"k": "v"})
        client = session.client("dynamodb")
        for operation, parameters in DYNAMODB_CALLS.items():
            client._make_api_call(operation, dict(parameters))
        self.sdk.warming_status = 400
        try:
            table.put_item(Item={"k": "v"})
        except client.exceptions.ConditionalCheckFailedException:
            pass
        self.sdk.warming_status = 200

    def _touch(self, client):
        rules = client._ruleset_resolver
        for operation, parameters in DYNAMODB_CALLS.items():
            model = client.meta.service_model.operation_model(operation)
            client._serializer.serialize_to_request(parameters, model)
            answer = {"status_code": 200, "headers": {}, "body": b"{}", "context": {}}
            parser = client._response_parser
            parser.parse(answer, model.output_shape)
            context = {"client_config": client.meta.config, "auth_type": None}
            rules.construct_endpoint(model, {}, context)
        for name in client.meta.service_model.shape_names:
            shape = client.meta.service_model.shape_for(name)
            if shape.metadata.get("exception"):
                getattr(client.exceptions, name, None)

# --- DynamoDB, as far as functions of such a pipeline use it ------------------------------------

TOKEN_SECONDS = 600  # how long DynamoDB knows a ClientRequestToken
TOKEN_LENGTH = 36


def value_size(value):
    """Bytes, as the developer guide counts them."""
    letter, held = kind(value)
    if letter == "N":
        _, digits, exponent = decimal.Decimal(held).normalize().as_tuple()
        count = 0 if digits == (0,) else len(digits) + exponent % 2
        return 1 if count == 0 else (count + 1) // 2 + 1 + held.startswith("-")
    if letter in ("SS", "NS", "BS"):
        return sum(value_size({letter[0]: part}) for part in held)
    if letter == "L":
        return 3 + sum(1 + value_size(part) for part in held)
    if letter == "M":
        return 3 + len(held) + item_size(held)
    return 1 if letter in ("NULL", "BOOL") else len(base64.b64decode(held) if letter == "B" else held.encode())


def item_size(item):
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


class Table:
    """Items by key, and the records of the table's stream, shard by shard."""

    def __init__(self, name, config):
        self.name = name
        self.config = config
        self.items = {}
        self.logs = [[] for _ in range(config["shards"])]
        self.times = [[] for _ in self.logs]  # when the records were written
        self.places = {place["key"]: place["shard"] for place in config["places"]}
        self.places_left = [place["shard"] for place in config["places"] if place["chance"]]
        for item in config["items"]:
            self.items[self.key_of(item)] = {n: normal(v) for n, v in item.items()}
        self.previous = dict(self.items)  # before the latest request that changed something

    def key_of(self, item):
        for name, letter in self.config["keys"]:
            if set(item.get(name, {})) != {letter} or item[name] == {"S": ""}:
                raise invalid(f"{self.name}: the key {name} is missing, empty or of another type")
        return tuple(kind(normal(item[name]))[1] for name, _ in self.config["keys"])

    def shard_of(self, key):
        """The place that the trace gave to this key, or else to the next key that chance chose."""
        if key[0] not in self.places:
            place = int(hashlib.md5(key[0].encode()).hexdigest(), 16) % len(self.logs)
            self.places[key[0]] = self.places_left.pop(0) if self.places_left else place
        return self.places[key[0]]

    def write(self, key, after, seconds):
        """Put (None: delete) an item and log what changed."""
        before = self.items.pop(key, None)
        if after is not None:
            self.items[key] = after = {name: normal(value) for name, value in sorted(after.items())}
        if before == after or self.config["stream"] is None:
            return
        shard = self.shard_of(key)
        view = self.config["stream"]
        index = len(self.logs[shard])
        item = after if after is not None else before
        change = {"Keys": {name: item[name] for name in sorted(n for n, _ in self.config["keys"])}}
        if after is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["NewImage"] = after
        if before is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            change["OldImage"] = before
        change = {
            "ApproximateCreationDateTime": float(int(seconds)),
            **change,
            "SequenceNumber": f"3338{index:020d}{shard:06d}",
            "SizeBytes": sum(item_size(part) for part in change.values()),
            "StreamViewType": view,
        }
        event = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{self.name}"
        identity = f"{hashlib.md5(self.name.encode()).hexdigest()}/{shard}/{index}"
        self.times[shard].append(seconds)
        self.logs[shard].append(
            {
                "eventID": hashlib.md5(identity.encode()).hexdigest(),
                "eventName": event,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "dynamodb": change,
                "eventSourceARN": arn + "/stream/2024-01-01T00:00:00.000",
            }
        )


class Database:
    """The operations: each takes a request's body and returns the answer's."""

    def __init__(self, tables, clock):
        self.tables = {name: Table(name, config) for name, config in tables.items()}
        self.clock = clock
        self.tokens = {}
        self.writes = 0  # requests that changed something, or would have

    def answer(self, operation, body):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        known = {
            "get_item", "put_item", "update_item", "delete_item", "query", "scan", "batch_get_item",
            "batch_write_item", "transact_get_items", "transact_write_items",
        }  # fmt: skip
        if name not in known or {"IndexName", "Expected", "AttributeUpdates"} & set(body):
            raise NotImplementedError(f"{operation} with {sorted(body)} has no stub in this test")
        before = {table: dict(self.tables[table].items) for table in self.tables}
        try:
            return getattr(self, name)(body)
        finally:
            for table, items in before.items():
                if self.tables[table].items != items:
                    self.tables[table].previous = items

    def table(self, body):
        name = body["TableName"].rpartition("/")[2]
        if name not in self.tables:
            raise Refused("ResourceNotFoundException", "Requested resource not found")
        return self.tables[name]

    def check(self, body, item):
        text = body.get("ConditionExpression")
        if text is None or Expression(text, body).condition()(item):
            return
        more = {}
        if body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and item is not None:
            more["Item"] = item
        raise Refused("ConditionalCheckFailedException", "The conditional request failed", **more)

    def planned(self, verb, body):
        """What one write would do: (table, key, before, after). Changes nothing."""
        table = self.table(body)
        key = table.key_of(body["Item"] if verb == "Put" else body["Key"])
        before = table.items.get(key)
        self.check(body, before)
        if verb == "ConditionCheck":
            return table, key, before, before
        after = None
        if verb == "Put":
            after = body["Item"]
        elif verb == "Update":
            actions = Expression(body.get("UpdateExpression", ""), body).update()
            after = apply_update(before if before is not None else body["Key"], actions)
            if table.key_of(after) != key:
                raise invalid("Cannot update an attribute that is part of the key")
        return table, key, before, after

    def write(self, verb, body):
        table, key, before, after = self.planned(verb, body)
        self.writes += 1
        table.write(key, after, self.clock())
        wanted = body.get("ReturnValues", "NONE")
        old, new = before or {}, table.items.get(key, {})
        changed = {name for name in {**old, **new} if old.get(name) != new.get(name)}
        shown = {
            "NONE": {},
            "ALL_OLD": old,
            "ALL_NEW": new,
            "UPDATED_OLD": {name: old[name] for name in changed if name in old},
            "UPDATED_NEW": {name: new[name] for name in changed if name in new},
        }[wanted]
        return {"Attributes": shown} if shown else {}

    def put_item(self, body):
        return self.write("Put", body)

    def update_item(self, body):
        return self.write("Update", body)

    def delete_item(self, body):
        return self.write("Delete", body)

    def shown(self, body, item):
        text = body.get("ProjectionExpression")
        if text is None:
            return copy.deepcopy(item)
        shown = {}
        for path in Expression(text, body).paths():
            value = get(item, path)
            if value is not None and len(path) > 1:
                raise NotImplementedError("a projection of a part of an attribute has no stub")
            if value is not None:
                shown[path[0]] = value
        return shown

    def get_item(self, body):
        table = self.table(body)
        item = table.items.get(table.key_of(body["Key"]))
        return {} if item is None else {"Item": self.shown(body, item)}

    def query(self, body):
        return self.find(body, Expression(body["KeyConditionExpression"], body).condition())

    def scan(self, body):
        return self.find(body, lambda item: True)

    def find(self, body, fits):
        table = self.table(body)
        sort = table.config["keys"][-1][0]
        items = sorted(
            (item for item in table.items.values() if fits(item)),
            key=lambda item: (comparable(item[sort]), table.key_of(item)),
            reverse=body.get("ScanIndexForward") is False,
        )
        if "ExclusiveStartKey" in body:
            start = table.key_of(body["ExclusiveStartKey"])
            keys = [table.key_of(item) for item in items]
            items = items[keys.index(start) + 1 :] if start in keys else []
        limit = body.get("Limit", len(items))
        answer = {"ScannedCount": min(limit, len(items))}
        if limit < len(items):
            last = items[limit - 1]
            answer["LastEvaluatedKey"] = {name: last[name] for name, _ in table.config["keys"]}
        items = items[:limit]
        if "FilterExpression" in body:
            condition = Expression(body["FilterExpression"], body).condition()
            items = [item for item in items if condition(item)]
        answer["Count"] = len(items)
        if body.get("Select") != "COUNT":
            answer["Items"] = [self.shown(body, item) for item in items]
        return answer

    def batch_get_item(self, body):
        answers = {}
        for name, wanted in body["RequestItems"].items():
            found = (self.get_item({**wanted, "TableName": name, "Key": k}) for k in wanted["Keys"])
            answers[name] = [answer["Item"] for answer in found if answer]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def batch_write_item(self, body):
        for name, requests in body["RequestItems"].items():
            for request in requests:
                ((verb, inner),) = request.items()
                self.write(verb[: -len("Request")], {**inner, "TableName": name})
        return {"UnprocessedItems": {}}

    def transact_get_items(self, body):
        return {"Responses": [self.get_item(entry["Get"]) for entry in body["TransactItems"]]}

    def transact_write_items(self, body):
        token = body.get("ClientRequestToken")
        request = json.dumps(body, sort_keys=True)
        if token is not None and not 1 <= len(token) <= TOKEN_LENGTH:
            raise invalid(
                f"Value '{token}' at 'clientRequestToken' failed to satisfy constraint: "
                f"Member must have length less than or equal to {TOKEN_LENGTH}"
            )
        known, since = self.tokens.get(token, (None, 0))
        if token is not None and known is not None and self.clock() - since <= TOKEN_SECONDS:
            if known != request:
                raise Refused("IdempotentParameterMismatchException", "Other parameters, same token")
            self.writes += 1
            return {}
        plans, reasons = [], []
        for entry in body["TransactItems"]:
            ((verb, inner),) = entry.items()
            try:
                plans.append(self.planned(verb, inner))
                reasons.append({"Code": "None"})
            except Refused as refusal:
                code = refusal.code.replace("Exception", "")
                more = {"Item": refusal.body["Item"]} if "Item" in refusal.body else {}
                reasons.append({"Code": code, "Message": str(refusal), **more})
        places = [(table.name, key) for table, key, _, _ in plans]
        if len(set(places)) < len(places):
            raise invalid("Transaction request cannot include multiple operations on one item")
        if len(plans) < len(reasons):
            raise cancelled(reasons)
        self.writes += 1
        for (table, key, _, after), entry in zip(plans, body["TransactItems"]):
            if "ConditionCheck" not in entry:
                table.write(key, after, self.clock())
        if token is not None:
            self.tokens[token] = (request, self.clock())
        return {}

# --- faults of calls ----------------------------------------------------------------------------

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
REFUSED = "The level of configured provisioned throughput for the table was exceeded."


class Reply:
    """What a call gets: an answer, or none (`lost` says why). It may be the answer to all of the
    SDK's further attempts, too."""

    def __init__(self, status, body, lost=None, repeated=False):
        self.status = status
        self.body = body
        self.lost = lost
        self.repeated = repeated


def answered(database, operation, body):
    """As the service answers."""
    try:
        return Reply(200, database.answer(operation, body))
    except Refused as refusal:
        return Reply(400, refusal.body)


def tables_of(body):
    """The tables that a request names."""
    inner = [part for entry in body.get("TransactItems", []) for part in entry.values()]
    names = [part["TableName"] for part in [body, *inner] if "TableName" in part]
    return {name.rpartition("/")[2] for name in [*names, *body.get("RequestItems", {})]}


def first_requests(items, count):
    """RequestItems in two: the first `count` of them, and the others."""
    parts = ({}, {})
    for name, entry in items.items():
        keys = entry["Keys"] if isinstance(entry, dict) else entry
        for part, some in zip(parts, (keys[:count], keys[count:])):
            if some:
                part[name] = {**entry, "Keys": some} if isinstance(entry, dict) else some
        count = max(0, count - len(keys))
    return parts


class CallFault:
    """A fault of a call, as recorded. It befalls the next call of its sort that the function
    makes: a write, or a read of the same tables."""

    def __init__(self, step):
        self.kind = step["fault"]
        self.form = step["form"]
        self.write = step["operation"] in WRITES
        self.tables = set(step["tables"])

    def fits(self, operation, body):
        if (operation in WRITES) != self.write:
            return False
        return self.write or not self.tables or bool(self.tables & tables_of(body))

    def reply(self, database, operation, body):
        """What the call gets, after it took effect if it does."""
        return getattr(self, self.kind)(database, operation, body)

    def throttle(self, database, operation, body):
        if self.form == 0 or operation not in ("BatchWriteItem", "BatchGetItem"):
            refusal = Refused("ProvisionedThroughputExceededException", REFUSED)
            return Reply(400, refusal.body, repeated=True)
        done, left = first_requests(body["RequestItems"], self.form)
        reply = answered(database, operation, {**body, "RequestItems": done})
        if reply.status == 200:
            rest = "UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys"
            reply.body = {**reply.body, rest: left}
        return reply

    def server_error(self, database, operation, body):
        """Form 0: it took no effect; 1: it did; 2: it did, and only one attempt is answered so."""
        if self.form > 0:
            answered(database, operation, body)
        refusal = Refused("InternalServerError", "Internal server error")
        return Reply(500, refusal.body, repeated=self.form != 2)

    def lost_response(self, database, operation, body):
        """Form 0: no answer comes until the SDK gives up; 1: the connection is closed at once."""
        answered(database, operation, body)
        return Reply(0, {}, lost="timeout" if self.form == 0 else "closed")

    def transaction_conflict(self, _database, operation, body):
        text = "Transaction is ongoing for the item"
        if not operation.startswith("Transact"):
            return Reply(400, Refused("TransactionConflictException", text).body)
        reasons = [{"Code": "None"} for _ in body["TransactItems"]]
        reasons[0] = {"Code": "TransactionConflict", "Message": text}
        return Reply(400, cancelled(reasons).body)

    def stale_read(self, database, operation, body):
        """Tables are shown as they were before their latest change, unless ConsistentRead is set."""
        items = body.get("RequestItems", {"": body})
        names = [n for n, entry in items.items() if not entry.get("ConsistentRead")]
        names = names if "RequestItems" in body else tables_of(body) if names else []
        tables = [database.tables[name] for name in names if name in database.tables]
        now = [table.items for table in tables]
        for table in tables:
            table.items = table.previous
        try:
            return answered(database, operation, body)
        finally:
            for table, kept in zip(tables, now):
                table.items = kept


def cancelled(reasons):
    codes = ", ".join(reason["Code"] for reason in reasons)
    return Refused(
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons " f"[{codes}]",
        CancellationReasons=reasons,
    )


def sdk_attempt(request):
    """Which of the SDK's attempts at one call this is, from 1: `attempt=2; max=5`."""
    header = request.headers.get("amz-sdk-request", "")
    header = header.decode() if isinstance(header, bytes) else header
    found = re.search(r"attempt=(\d+)", header)
    return int(found.group(1)) if found else 1

# --- event source mappings: which records a batch holds, and what becomes of it ----------------


def failed_records(response, records):
    """What ReportBatchItemFailures makes of a response: how many records come before the first
    that failed; None: all have succeeded; 0 also where the response cannot be understood."""
    if not response:
        return None
    failures = response.get("batchItemFailures") if isinstance(response, dict) else 0
    if failures is None:
        return None
    numbers = [
        record["kinesis"]["sequenceNumber"]
        if "kinesis" in record
        else record["dynamodb"]["SequenceNumber"]
        for record in records
    ]
    named = []
    for failure in failures if isinstance(failures, list) else [None]:
        number = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if number not in numbers:
            return 0
        named.append(numbers.index(number))
    return min(named) if named else None


class Poller:
    """An event source mapping on one shard: the stream checkpoint and the batch it holds."""

    def __init__(self, mapping, log, times):
        self.function = mapping["function"]
        self.mapping = mapping
        self.log = log
        self.times = times
        self.checkpoint = 0
        self.batch = 0
        self.pieces = []  # of a batch that was bisected: the sizes of those behind the one held
        self.sizes = []  # of the batches up to the checkpoint, and of those behind that were formed
        self.invocation = None
        self.modules = {}
        self.late = None  # a write that may still arrive
        self.started = 0
        self.retries = 0
        self.failures = 0  # in a row, without a fault
        self.error = None
        self.stuck = False

    def records(self):
        return self.log[self.checkpoint : self.checkpoint + self.batch]

    def received(self):
        """When the batch's records were written, at the latest."""
        return max(self.times[self.checkpoint : self.checkpoint + self.batch], default=0)

    def known_batch(self):
        """The size of the batch that began here before; 0: none did."""
        start = 0
        for size in self.sizes:
            if start == self.checkpoint:
                return size
            start += size
        return 0

    def poll(self, count):
        """Form a batch, or the same again where one began here before."""
        self.batch = min(self.known_batch() or count, len(self.log) - self.checkpoint)

    def forget(self):
        """Batches behind the checkpoint will be formed anew."""
        start = 0
        for number, size in enumerate(self.sizes):
            if start >= self.checkpoint:
                del self.sizes[number:]
                return
            start += size

    def passed(self, count):
        """The checkpoint moves over the batch's first records."""
        if self.known_batch() == 0:
            self.sizes.append(count)
        self.checkpoint += count
        self.batch -= count
        if self.batch == 0 and self.pieces:
            self.batch = self.pieces.pop(0)
            self.retries = 0
        elif self.batch == 0:
            self.retries = 0

    def go_back(self, count):
        """A batch that was acknowledged comes again, and all behind it: the one that began `count`
        records before the checkpoint, or the last before that."""
        starts = [sum(self.sizes[:number]) for number in range(len(self.sizes))]
        earlier = [start for start in starts if start <= max(0, self.checkpoint - count)]
        self.checkpoint = max(earlier, default=self.checkpoint)

    def release(self):
        """The poller is replaced: what it holds comes again, in batches formed anew."""
        self.batch = 0
        self.pieces = []
        self.retries = 0
        self.failures = 0
        self.forget()

    def attempt_failed(self, first=None):
        """The batch is bisected (the first half as recorded, if it was), dropped, or comes again."""
        if self.mapping["bisect"] and self.batch > 1:
            half = first if first is not None and first < self.batch else self.batch // 2
            self.forget()
            self.pieces.insert(0, self.batch - half)
            self.batch = half
            self.retries = 0
            return
        self.retry_or_drop()

    def retry_or_drop(self):
        limit = self.mapping["maximum_retry_attempts"]
        if limit is not None and self.retries >= limit:
            self.failures = 0
            self.passed(self.batch)
        else:
            self.retries += 1

    def ended(self, response):
        """The function has returned: all is done, or all before the first record that failed."""
        done = failed_records(response, self.records()) if self.mapping["report_failures"] else None
        if done is None:
            self.failures = 0
            self.passed(self.batch)
            return
        self.failures += 1
        limit = self.mapping["maximum_retry_attempts"]
        if done == 0:
            self.retry_or_drop()
        elif not self.mapping["bisect"] and limit is not None and self.retries >= limit:
            self.failures = 0
            self.passed(self.batch)
        else:
            self.failures = 0
            retries = self.retries
            self.forget()
            self.passed(done)
            self.retries = retries + (not self.mapping["bisect"])

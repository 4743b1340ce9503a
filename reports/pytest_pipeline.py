# --- the pipeline: streams, event source mappings, functions ------------------------------------

FAILURES_MAX = 5  # a batch that fails as often in a row, without a fault, fails for ever
INVOCATIONS_MAX = 2000
READ_TIMEOUT = 60  # seconds that botocore waits for an answer


class Killed(BaseException):
    """Ends the thread of an invocation that crashed."""


class Context:
    """What Lambda gives a function besides the event."""

    def __init__(self, invocation):
        name = invocation.function
        self.invocation = invocation
        self.function_name = name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self.memory_limit_in_mb = "128"
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = "2024/01/01/[$LATEST]test"
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self):
        return max(0, int(1000 * (self.invocation.timeout - self.invocation.elapsed)))


class Invocation(threading.Thread):
    """One run of a function that stops before each of its calls. Its container is a new one, but
    for the modules that another has left there.

    Only one thread runs at a time: whoever was given the turn.
    """

    def __init__(self, pipeline, function, event, low_draws, modules):
        super().__init__(daemon=True)
        self.pipeline = pipeline
        self.function = function
        self.folder = pipeline.folders[function]
        self.path = [self.folder] + DATA["functions"][function]["layers"]
        self.event = json.loads(json.dumps(event))
        self.low_draws = low_draws
        self.draws = 0
        self.writes = 0
        self.timeout = DATA["functions"][function]["timeout_s"]
        self.elapsed = 0  # seconds, of those that pass in sleeps and waits
        self.response = None
        self.modules = modules
        self.turn = threading.Semaphore(0)
        self.stopped = threading.Semaphore(0)
        self.one_call = threading.Lock()
        self.request = None  # the call it waits with
        self.reply = None
        self.repeated = None  # the answer to all of the SDK's further attempts
        self.killed = False
        self.finished = False
        self.error = None
        self.start()
        self.resume()

    def run(self):
        self.turn.acquire()
        try:
            module, _, name = DATA["functions"][self.function]["handler"].rpartition(".")
            handler = getattr(importlib.import_module(module.replace("/", ".")), name)
            self.response = json.loads(json.dumps(handler(self.event, Context(self))))
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error
        self.finished = True
        self.stopped.release()

    def resume(self):
        """Let it go on to its next call or its end."""
        variables = dict(os.environ)
        os.environ.update(DATA["functions"][self.function]["environment"])
        os.environ["AWS_LAMBDA_FUNCTION_NAME"] = self.function
        sys.path[:0] = self.path
        sys.modules.update(self.modules)
        self.pipeline.running = self
        self.pipeline.acting = self.function
        self.turn.release()
        self.stopped.acquire()
        self.pipeline.running = None
        inside = [
            name
            for name, module in list(sys.modules.items())
            if (getattr(module, "__file__", None) or "").startswith(
                tuple(folder + os.sep for folder in self.path)
            )
        ]
        self.modules = {name: sys.modules.pop(name) for name in inside}
        for folder in self.path:
            sys.path.remove(folder)
        os.environ.clear()
        os.environ.update(variables)

    def call(self, operation, body, attempt):
        """From its thread: wait until the schedule lets the call happen."""
        with self.one_call:
            if self.killed:
                raise Killed()
            if attempt > 1 and self.repeated is not None:
                return self.repeated
            self.repeated = None
            self.request = (operation, body)
            self.stopped.release()
            self.turn.acquire()
            if self.killed:
                raise Killed()
            if self.reply.repeated:
                self.repeated = self.reply
            return self.reply

    def step(self, fault=None):
        """Make the call it waits with."""
        if self.finished:
            return
        database = self.pipeline.database
        before = database.writes
        self.reply = self.pipeline.reply_to(self.function, self.request, fault)
        self.request = None
        self.writes += database.writes > before
        self.pipeline.after_call()
        self.resume()

    def strike(self, fault):
        """Make the call that the fault fits, and those before it as they are."""
        while not self.finished and not fault.fits(*self.request):
            self.step()
        self.step(fault)

    def finish(self):
        while not self.finished:
            self.step()

    def kill(self):
        self.killed = True
        while not self.finished:
            self.resume()


class Pipeline:
    """Everything between the puts and the aggregates, and how to follow a schedule."""

    def __init__(self):
        self.clocks = {name: 0 for name in DATA["functions"]}  # seconds since the start
        self.acting = None  # the function whose clock it is
        self.database = Database(DATA["tables"], self.now)
        self.streams = {name: [[] for _ in range(n)] for name, n in DATA["streams"].items()}
        self.puts = list(DATA["puts"])
        self.put_times = [DATA["start_ms"] / 1000] * 2 * len(self.puts)  # all at the start
        self.running = None
        self.invocations = 0
        self.pollers = {}
        self.folders = {name: find_folder(name) for name in DATA["functions"]}
        for mapping in DATA["mappings"]:
            source = mapping["source"]
            stream = mapping["kind"] == "stream"
            logs = self.streams[source] if stream else self.database.tables[source].logs
            for shard, log in enumerate(logs):
                times = self.put_times if stream else self.database.tables[source].times[shard]
                poller = Poller(mapping, log, times)
                self.pollers[f"{mapping['actor']}/shard-{shard}"] = poller

    def now(self):
        return DATA["start_ms"] / 1000 + self.clocks.get(self.acting, 0)

    def reply_to(self, function, request, fault):
        """What a call gets, from the database or from a fault."""
        self.acting = function
        if fault is not None:
            return fault.reply(self.database, *request)
        return answered(self.database, *request)

    def put(self, entry):
        log = self.streams[DATA["stream"]][entry["shard"]]
        sequence = f"4959033827149025660855{len(log):020d}{entry['shard']:014d}"
        arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{DATA['stream']}"
        log.append(
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": entry["partition_key"],
                    "sequenceNumber": sequence,
                    "data": base64.b64encode(entry["data"].encode()).decode(),
                    "approximateArrivalTimestamp": DATA["start_ms"] / 1000,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-{entry['shard']:012d}:{sequence}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
                "awsRegion": "us-east-1",
                "eventSourceARN": arn,
            }
        )

    def poll(self, poller, count):
        """No function's clock is behind the records that it has received."""
        if poller.batch == 0:
            poller.poll(count)
            received = poller.received() - DATA["start_ms"] / 1000
            self.clocks[poller.function] = max(self.clocks[poller.function], received)

    def begin(self, actor, poller):
        """Start the batch's invocation, unless it runs."""
        if poller.invocation is not None or poller.batch == 0:
            return
        self.invocations += 1
        assert self.invocations <= INVOCATIONS_MAX, "the pipeline does not come to rest"
        poller.started += 1
        name = f"{actor}#{poller.started}"
        low = DATA["low_draws"].get(name, [])
        modules = {}
        if name in DATA["warm"]:
            served = self.pollers.get(DATA["warm"][name], poller)
            modules, served.modules = served.modules, {}
        poller.modules = {}
        event = {"Records": poller.records()}
        poller.invocation = Invocation(self, poller.function, event, low, modules)

    def end(self, actor, poller, split=None):
        """Let the invocation run to its end: the batch is done, or will come again."""
        self.begin(actor, poller)
        if poller.invocation is None:
            return
        run = poller.invocation
        run.finish()
        poller.error = run.error
        poller.modules = {} if run.killed else run.modules
        poller.invocation = None
        if run.error is None:
            poller.ended(run.response)
            return
        poller.failures += 1
        poller.attempt_failed(split)

    def interrupt(self, actor, poller, step):
        """A crash or a timeout: after as many writes as recorded, or else before the batch is
        acknowledged. Of a write that is late, the request is on its way."""
        self.begin(actor, poller)
        run = poller.invocation
        if run is None:
            return
        late = step.get("fault") == "late_write"
        while not run.finished and (run.writes < step["writes"] or late):
            if run.writes >= step["writes"] and run.request[0] in WRITES:
                poller.late = run.request
                break
            run.step()
        run.kill()
        if step["action"] == "timeout":
            self.clocks[poller.function] += max(0, run.timeout - run.elapsed)
        poller.invocation = None
        poller.attempt_failed(step.get("split"))

    def arrive(self, poller):
        """A late write takes effect, whatever has become of its invocation."""
        if poller.late is not None:
            self.reply_to(poller.function, poller.late, None)
            poller.late = None
            self.after_call()

    def follow(self, step):
        """One step of the schedule, as far as the functions, as they are now, can take it."""
        action, actor = step["action"], step["actor"]
        if action == "put":
            entry = next(e for e in DATA["puts"] if e["partition_key"] == step["partition_key"])
            if step.get("fault") != "put_failure":  # else it was put before
                self.puts.remove(entry)
            self.put(entry)
            return
        poller = self.pollers[actor]
        if action == "poll":
            self.poll(poller, step["count"])
        elif action == "call":
            self.begin(actor, poller)
            if poller.invocation is not None and "fault" in step:
                poller.invocation.strike(CallFault(step))
            elif poller.invocation is not None:
                poller.invocation.step()
        elif action in ("acknowledge", "retry", "bisect", "partial", "drop"):
            self.end(actor, poller, step.get("split"))
            poller.failures = 0
        elif action in ("crash", "timeout"):
            self.interrupt(actor, poller, step)
        elif action == "delay":
            self.clocks[poller.function] += step["count"]
        elif action == "arrive":
            self.arrive(poller)
        elif action == "redeliver" and poller.batch == 0:
            poller.go_back(step["count"])
        elif action == "rebatch":
            if poller.invocation is not None:
                poller.invocation.kill()
                poller.invocation = None
            poller.release()

    def drain(self):
        """What is left of the puts, then everything that can still happen, without a fault."""
        while self.puts:
            self.put(self.puts.pop(0))
        for poller in self.pollers.values():
            self.arrive(poller)
        moved = True
        while moved:
            moved = False
            for actor, poller in self.pollers.items():
                self.poll(poller, poller.mapping["batch_size"])
                if poller.batch == 0 or poller.stuck:
                    continue
                moved = True
                self.end(actor, poller)
                poller.stuck = poller.failures >= FAILURES_MAX

    def aggregates(self):
        found = {}
        for key, item in self.database.tables[DATA["aggregate_table"]].items.items():
            value = item.get(DATA["aggregate_value"], {"N": "0"})
            if key[0] in DATA["expected"]:
                found[key[0]] = decimal.Decimal(value["N"]) if "N" in value else value
        return {key: found.get(key, decimal.Decimal(0)) for key in DATA["expected"]}

    def after_call(self):
        """levels_agree: each aggregate is the sum of the level below it after every write."""
        if DATA["property"] != "levels_agree":
            return
        found = self.aggregates()
        for key, value in found.items():
            below = [v for k, v in found.items() if k.rpartition(":")[0] == key]
            assert not below or abs(sum(below) - value) < TOLERANCE, f"{key} is not {below}"

    def uniform(self, low, high):
        """random.uniform: at its highest but where the schedule has it at its lowest."""
        if self.running is None:
            return (low + high) / 2
        self.running.draws += 1
        return low if self.running.draws in self.running.low_draws else high

    def sleep(self, seconds):
        """Time passes; a function that would sleep longer than it may run is ended."""
        run = self.running
        if run is None:
            return
        passed = min(max(0, seconds), run.timeout - run.elapsed)
        run.elapsed += passed
        self.clocks[run.function] += passed
        if passed < seconds:
            run.killed = True
            raise Killed()

    def send(self, request):
        """In the place of botocore's HTTP: the answer of the stub."""
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        assert target.startswith("DynamoDB_"), f"{target} has no stub in this test"
        body = json.loads(request.body or b"{}")
        reply = self.running.call(target.partition(".")[2], body, sdk_attempt(request))
        if reply.lost == "timeout":
            self.sleep(READ_TIMEOUT)
            raise botocore.exceptions.ReadTimeoutError(endpoint_url=request.url)
        if reply.lost == "closed":
            raise botocore.exceptions.ConnectionClosedError(endpoint_url=request.url)
        status, body = reply.status, reply.body
        content = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "x-amzn-RequestId": str(uuid.uuid4()),
            "x-amz-crc32": str(zlib.crc32(content)),
        }
        raw = io.BytesIO(content)
        raw.stream = lambda size=65536, **_: iter(lambda: raw.read(size), b"")
        return botocore.awsrequest.AWSResponse(request.url, status, headers, raw)


def find_folder(function):
    """The folder of a function's code: in SOLUTION, or where the trace had it."""
    recorded = DATA["functions"][function]["folder"]
    candidates = []
    if os.environ.get("SOLUTION"):
        base = os.environ["SOLUTION"]
        candidates += [os.path.join(base, function), os.path.join(base, function + "Package")]
    if recorded is not None:
        candidates.append(recorded)
    for folder in candidates:
        if os.path.isdir(folder):
            return os.path.abspath(folder)
    pytest.fail(
        f"the code of {function} was looked for in {candidates or 'no folder'}: set SOLUTION to a "
        "folder that holds a folder per function"
    )


def clock_of(pipeline):
    """datetime.datetime, whose clock is the pipeline's."""
    real = datetime.datetime

    class AnyClock(type):
        def __instancecheck__(cls, thing):
            return isinstance(thing, real)

    class Clock(real, metaclass=AnyClock):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(pipeline.now(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(pipeline.now(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.fromtimestamp(pipeline.now())

    return Clock


@pytest.fixture(name="pipeline")
def fixture_pipeline(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    pipeline = Pipeline()
    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", lambda _, r: pipeline.send(r))
    monkeypatch.setattr(random, "uniform", pipeline.uniform)
    monkeypatch.setattr(random, "random", lambda: pipeline.uniform(0.0, math.nextafter(1.0, 0.0)))
    monkeypatch.setattr(time, "time", pipeline.now)
    monkeypatch.setattr(time, "time_ns", lambda: int(pipeline.now() * 10**9))
    monkeypatch.setattr(datetime, "datetime", clock_of(pipeline))
    monkeypatch.setattr(time, "sleep", pipeline.sleep)
    return pipeline


def test_every_message_is_counted_once(pipeline):
    """Follow the schedule of the counterexample, then let everything finish without a fault."""
    for step in DATA["steps"]:
        pipeline.follow(step)
    pipeline.drain()
    for actor, poller in pipeline.pollers.items():
        assert not poller.stuck, f"a batch of {actor} fails for ever: {poller.error!r}"
    found = pipeline.aggregates()
    wrong = {
        key: f"{found[key]}, expected {value}"
        for key, value in DATA["expected"].items()
        if not isinstance(found[key], decimal.Decimal)
        or abs(found[key] - decimal.Decimal(value)) > TOLERANCE
    }
    assert not wrong, wrong

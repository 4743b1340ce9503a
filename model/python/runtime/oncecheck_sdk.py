"""botocore, with its requests caught at its `before-send` event, in every session however made."""

import hashlib
import io
import sys
import zlib
from json import dumps, loads

import oncecheck_run
import oncecheck_virtual as virtual

# Prefixes of X-Amz-Target that oncecheck simulates, with the content type of the answers.
SIMULATED = {
    "DynamoDB_20120810": "application/x-amz-json-1.0",
    "Kinesis_20131202": "application/x-amz-json-1.1",
}
SERVICE_WORDS = {"dynamodb": "DynamoDB", "dynamodbstreams": "DynamoDBStreams"}

_getframe = sys._getframe


class Body(io.BytesIO):
    """As much of urllib3's response as botocore uses."""

    def stream(self, amt=None, decode_content=None):
        data = self.read()
        if data:
            yield data


class Sdk:
    """Hooks into botocore. `current_run` returns the Run in progress or None; `on_early_call` is
    called, and does not return, when a request is made while there is none."""

    def __init__(self, current_run, on_early_call):
        import boto3
        import botocore
        import botocore.awsrequest
        import botocore.exceptions
        import botocore.loaders
        import botocore.session

        self.botocore = botocore
        self.versions = (boto3.__version__, botocore.__version__)
        self.current_run = current_run
        self.on_early_call = on_early_call
        self.fresh_tokens = set()
        self.requests = 0
        self.warming = False
        self.warming_status = 200
        self.loader = botocore.loaders.create_loader()
        self._hook_sessions(botocore.session.Session)

    def _hook_sessions(self, session_class):
        original = session_class.__init__

        def __init__(session, *args, **kwargs):
            original(session, *args, **kwargs)
            session.register("choose-signer", self._choose_signer)
            events = session.get_component("event_emitter")
            events.register_first("before-parameter-build", self._note_fresh_tokens)
            events.register_first("before-send", self._before_send)
            if session.get_config_variable("data_path") is None:
                # The service models, read once for all sessions.
                session.register_component("data_loader", self.loader)

        session_class.__init__ = __init__

    def _choose_signer(self, signature_version=None, **_):
        """Nobody looks at signatures, and they take time; presigned URLs have theirs."""
        if isinstance(signature_version, str) and "-" in signature_version:
            return None
        return self.botocore.UNSIGNED

    def _note_fresh_tokens(self, params, model, **_):
        """Fill in idempotency tokens before botocore does, to know which ones nobody chose."""
        for name in model.idempotent_members:
            if name not in params:
                token = self._fresh_id(16)
                params[name] = (
                    f"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}"
                )
                self.fresh_tokens.add(params[name])

    def _fresh_id(self, size):
        """`size` bytes of this attempt's randomness, in hexadecimal; the function's own is untouched."""
        self.requests += 1
        seed = b"%s:%d" % (self.seed, self.requests)
        return hashlib.sha256(seed).hexdigest()[: 2 * size]

    def start(self, seed):
        self.seed = seed
        self.requests = 0

    seed = b""

    def _before_send(self, request, event_name="", **_):
        if self.warming:
            body = b'{"__type":"ConditionalCheckFailedException"}'
            content_type = SIMULATED["DynamoDB_20120810"]
            return self._response(request, self.warming_status, body, content_type)
        run = self.current_run()
        frame = _getframe(1)
        if run is None:
            self.on_early_call()
        target = request.headers.get("X-Amz-Target", "")
        if isinstance(target, bytes):
            target = target.decode("ascii", "replace")
        content_type = SIMULATED.get(target.partition(".")[0])
        body = request.body if request.body is not None else b"{}"
        if content_type is None or not isinstance(body, (bytes, bytearray, str)):
            run.refuse(f"calls {_operation(event_name)}, which is not simulated yet", frame)
        text, fresh_token = self._without_fresh_token(body)
        answer = run.call(target, text, fresh_token, _attempt(request), frame)
        if "error" in answer:
            self._fail(answer["error"], request)
        return self._response(
            request, int(answer["status"]), dumps(answer["body"]).encode(), content_type
        )

    def _without_fresh_token(self, body):
        text = body if isinstance(body, str) else body.decode("utf-8")
        if not self.fresh_tokens:
            return text, False
        fields = loads(text)
        kept = {
            name: value
            for name, value in fields.items()
            if not isinstance(value, str) or value not in self.fresh_tokens
        }
        if len(kept) == len(fields):
            return text, False
        return dumps(kept), True

    def _response(self, request, status, body, content_type):
        headers = {
            "x-amzn-RequestId": self._fresh_id(26).upper(),
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Server": "Server",
        }
        if content_type == SIMULATED["DynamoDB_20120810"]:
            headers["x-amz-crc32"] = str(zlib.crc32(body) & 0xFFFFFFFF)
        return self.botocore.awsrequest.AWSResponse(request.url, status, headers, Body(body))

    def _fail(self, kind, request):
        """The request or its answer was lost on the way."""
        exceptions = self.botocore.exceptions
        if kind == "timeout":
            virtual.pass_time(oncecheck_run.READ_TIMEOUT_S)
            raise exceptions.ReadTimeoutError(endpoint_url=request.url, error="timed out")
        if kind == "closed":
            raise exceptions.ConnectionClosedError(endpoint_url=request.url, request=request)
        raise exceptions.EndpointConnectionError(endpoint_url=request.url, error=kind)


def _attempt(request):
    """Which of botocore's attempts at one call this is, from 1: `attempt=2; max=5`."""
    header = request.headers.get("amz-sdk-request", "")
    if isinstance(header, bytes):
        header = header.decode("ascii", "replace")
    for part in header.split(";"):
        name, _, number = part.strip().partition("=")
        if name == "attempt" and number.isdecimal():
            return int(number)
    return 1


def _operation(event_name):
    """before-send.s3.PutObject -> S3 PutObject"""
    parts = event_name.split(".")
    if len(parts) != 3:
        return "an AWS service"
    words = [
        word.upper() if len(word) <= 3 else SERVICE_WORDS.get(word, word.capitalize())
        for word in parts[1].replace("-", " ").split()
    ]
    return f"{' '.join(words)} {parts[2]}"

"""What Lambda's Python runtime gives a function: environment, context, logging, how a return value
becomes JSON and an error a report.

Sources: Lambda developer guide, "Lambda context object in Python", "Defining Lambda environment
variables", "Lambda function logging in Python"; errors as the runtime words them in its logs.
"""

import decimal
import hashlib
import importlib
import io
import logging
import os
import sys
import time
from json import dumps, loads

import oncecheck_run

RESPONSE_MAX = 6 * 1024 * 1024  # bytes of a return value
NUMBER_MAX = 1e126  # what the model's decimals hold; integers have 64 bits
NUMBER_MIN = 1e-130
LOG_STREAM = "2024/01/01/[$LATEST]0123456789abcdef0123456789abcdef"


def environment(config):
    """The variables that Lambda sets; the function's own come last."""
    region = config["region"]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    variables = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_SESSION_TOKEN": "example",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python}",
        "AWS_LAMBDA_FUNCTION_NAME": config["name"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["memory_mb"]),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{config['name']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": LOG_STREAM,
        "LAMBDA_TASK_ROOT": config["package"],
        "_HANDLER": config["handler"],
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
    }
    variables.update(config["environment"])
    return variables


def set_environment(config):
    """Replace the environment of the process."""
    os.environ.clear()
    os.environ.update(environment(config))
    time.tzset()


class Context:
    """The handler's second argument."""

    def __init__(self, config, request_id, remaining_ms):
        self.function_name = config["name"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = (
            f"arn:aws:lambda:{config['region']}:{config['account']}:function:{config['name']}"
        )
        self.memory_limit_in_mb = str(config["memory_mb"])
        self.aws_request_id = request_id
        self.log_group_name = f"/aws/lambda/{config['name']}"
        self.log_stream_name = LOG_STREAM
        self.identity = None
        self.client_context = None
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self):
        return self._remaining_ms()

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return (
            f"LambdaContext([aws_request_id={self.aws_request_id},"
            f"log_group_name={self.log_group_name},log_stream_name={self.log_stream_name},"
            f"function_name={self.function_name},memory_limit_in_mb={self.memory_limit_in_mb},"
            f"function_version={self.function_version},"
            f"invoked_function_arn={self.invoked_function_arn},"
            f"client_context=None,identity=None])"
        )


class Stream(io.RawIOBase):
    """Standard output and error: text kept for oncecheck."""

    def __init__(self, output, fd):
        super().__init__()
        self.output = output
        self.fd = fd

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        self.output.write(data)
        return len(data)

    def fileno(self):
        return self.fd


class LogHandler(logging.StreamHandler):
    """The root logger's handler in Lambda; with it, logging.basicConfig does nothing."""

    request_id = ""

    def __init__(self, stream):
        super().__init__(stream)
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
            "%Y-%m-%dT%H:%M:%S",
        )
        formatter.converter = time.gmtime
        self.terminator = ""
        self.setFormatter(formatter)

    def format(self, record):
        record.aws_request_id = self.request_id
        return super().format(record)


def redirect_output(output):
    """Keep what is printed and logged; returns the root logger's handler."""
    streams = []
    for fd in (1, 2):
        raw = Stream(output, fd)
        streams.append(
            io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True, newline="\n")
        )
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = streams
    handler = LogHandler(streams[0])
    logging.getLogger().addHandler(handler)
    return handler


class HandlerError(Exception):
    """The package cannot be loaded; `report` says why, as oncecheck shows it."""

    def __init__(self, kind, message, file="", line=0, column=0):
        super().__init__(message)
        self.kind = kind  # as Lambda names it
        self.report = {"message": message, "file": file, "line": line, "column": column}


def load_handler(handler, package):
    """Import the function "module.name" from the package."""
    module_name, dot, name = handler.rpartition(".")
    if not dot or not module_name or not name:
        message = f"bad handler '{handler}': expected module.function, such as app.lambda_handler"
        raise HandlerError("Runtime.MalformedHandlerName", message)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except SyntaxError as error:
        file = os.path.realpath(error.filename) if error.filename else ""
        if file.startswith(package.folder):
            file = file[len(package.folder) :]
        message = f"{type(error).__name__}: {oncecheck_run.plain_text(str(error.msg))}"
        raise HandlerError(
            "Runtime.UserCodeSyntaxError", message, file, error.lineno or 0, error.offset or 0
        ) from error
    except BaseException as error:
        place = package.place_of_error(error)
        if isinstance(error, ModuleNotFoundError) and place[0] == "" and (
            error.name is not None and (module_name + ".").startswith(error.name + ".")
        ):
            file = module_name.replace(".", "/") + ".py"
            message = f"no {file}, where the handler '{handler}' should be"
            raise HandlerError("Runtime.ImportModuleError", message) from error
        kind = "Runtime.ImportModuleError" if isinstance(error, ImportError) else "Runtime.InitError"
        message = f"{type(error).__name__}: {oncecheck_run.message_of(error)}"
        raise HandlerError(kind, message, *place) from error
    function = getattr(module, name, None)
    if function is None:
        file = os.path.realpath(getattr(module, "__file__", None) or "")
        if file.startswith(package.folder):
            file = file[len(package.folder) :]
        message = f"no function '{name}', the handler, in module '{module_name}'"
        raise HandlerError("Runtime.HandlerNotFound", message, file)
    if not callable(function):
        message = f"the handler '{handler}' is not a function but of type {type(function).__name__}"
        raise HandlerError("Runtime.HandlerNotFound", message)
    return function


def _serialize_other(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _float(text):
    number = float(text)
    return number if number == 0 or NUMBER_MIN <= abs(number) < NUMBER_MAX else text


def _integer(text):
    number = int(text)
    return number if -(2**63) <= number < 2**63 else text


def marshal(value):
    """What Lambda makes of a return value. Returns (value, None), or (None, error report). Numbers
    that the model's decimals cannot hold become strings."""
    try:
        text = dumps(value, default=_serialize_other)
    except Exception as error:
        message = f"Unable to marshal response: {oncecheck_run.message_of(error)}"
        return None, {"class": "Runtime.MarshalError", "message": message}
    if len(text) > RESPONSE_MAX:
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_MAX} bytes)."
        return None, {"class": "Function.ResponseSizeTooLarge", "message": message}
    return loads(text, parse_float=_float, parse_int=_integer, parse_constant=str), None


def request_id(seed):
    """A fresh id of an invocation, in the form of a uuid."""
    text = hashlib.sha256(b"request:" + seed).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

"""The process that a function's package is loaded in, once, and forked from for each run.

Started by model/python/host_process.c with the preload library (virtual.c) and a control socket
as file descriptor 3; see host_process.h for the messages.
"""

import gc
import os
import resource
import signal
import socket
import sys
from json import dumps, loads

import oncecheck_files
import oncecheck_jail
import oncecheck_lambda
import oncecheck_random
import oncecheck_run
import oncecheck_sdk
import oncecheck_virtual as virtual
import oncecheck_warm

CONTROL_FD = 3
# They try to run programs or to open sockets, and do well without.
ATTEMPTING_MODULES = frozenset(("ctypes", "platform", "uuid"))
MESSAGE_MAX = 64 << 10
FILES_MESSAGE_MAX = 32 << 10
MEMORY_MB_MIN = 512
JAIL_MEMORY_FACTOR = 2  # while it is imported a package may use that often what a run may
ASK_SIGNAL = signal.SIGUSR2  # as in host_process.c
FILE_SIZE_MAX = 512 << 20  # Lambda's /tmp
# Threads change places only where one has to wait: see virtual.c about waits that long.
SWITCH_INTERVAL_S = 1e6


class Host:
    """A loaded package, and in a forked child the invocation in progress."""

    def __init__(self, config):
        self.config = config
        self.package = oncecheck_run.Package(config["package"])
        self.output = oncecheck_run.Output()
        self.run = None
        self.handler = None
        self.late = config["late"]
        self.lines = None
        if config.get("lines"):
            from oncecheck_lines import Lines  # heavy, and the runtime's folder leaves sys.path

            self.lines = Lines(self.package, bool(config.get("sources")))
        self.sdk = None
        self.randomness = None
        self.log_handler = None
        self.warmer = None
        self.control = None

    # --- before the first run ---------------------------------------------------------------------

    def prepare(self, runtime_folder, control):
        """Everything but the package's own code."""
        self.control = control
        oncecheck_lambda.set_environment(self.config)
        sys.path[:] = [folder for folder in sys.path if folder not in ("", runtime_folder)]
        sys.path[:0] = [self.config["package"], *self.config.get("layers", [])]
        self.log_handler = oncecheck_lambda.redirect_output(self.output)
        # Before anything can keep a random function of its own.
        self.randomness = oncecheck_random.Randomness(self.package, self.current_run)
        self.sdk = oncecheck_sdk.Sdk(self.current_run, self.on_early_call)
        self.warmer = oncecheck_warm.Warmer(self.sdk)
        virtual.set_callbacks(self.on_time, self.on_timeout, self.on_exit, self.on_refusal)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        sys.argv = [""]
        del sys.modules["__main__"].__file__

    def enter_jail(self, runtime_folder):
        """Nothing of the package's has run yet, and nothing of it runs outside."""
        layers = self.config["jail"]
        if layers == 0:
            return
        scratch = self.config["scratch"]
        readable = oncecheck_jail.readable_paths(self.config["package"], runtime_folder)
        limit = address_space() + JAIL_MEMORY_FACTOR * self.memory_bytes()
        run_filter = oncecheck_jail.enter(layers, scratch, readable, limit)
        virtual.jail(scratch, [name for name in readable if name.startswith("/tmp/")], run_filter)

    def memory_bytes(self):
        return max(self.config["memory_mb"], MEMORY_MB_MIN) << 20

    def load(self):
        """Import the package, unless that has to wait for the runs. Raises HandlerError."""
        seed = self.config["seed"].encode()
        virtual.begin(self.config["clock_ms"], virtual.FOR_EVER_NS, seed)
        self.randomness.reseed(seed)
        self.sdk.start(seed)
        if self.lines is not None:
            self.lines.start()
        if not self.late:
            self.handler = oncecheck_lambda.load_handler(self.config["handler"], self.package)
        virtual.end()
        if len(os.listdir("/proc/self/task")) > 1 or virtual.left_files():
            self.on_early_call()  # threads do not live on in a fork, nor does /tmp
        self.warmer.warm_up()

    def current_run(self):
        return self.run

    def on_early_call(self):
        """The package's import needs a run: this process cannot serve, another will be started."""
        self.reply("late")
        virtual.leave(0)

    def reply(self, message):
        self.control.send(message.encode())

    def tell_files(self, runtime_folder):
        """Name the files that the runs depend on, in as many messages as it takes."""
        message = b""
        for name in oncecheck_files.loaded_files(self.config["package"], runtime_folder):
            line = os.fsencode(name) + b"\n"
            if len(message) + len(line) > FILES_MESSAGE_MAX:
                self.control.send(b"files " + message)
                message = b""
            message += line
        self.control.send(b"files " + message)

    # --- callbacks of the preload library ---------------------------------------------------------

    def on_time(self):
        frame = oncecheck_run.caller(1)
        if self.run is not None and self.package.reads_clock(frame):
            self.run.ask_time(frame)

    def on_timeout(self):
        frame = oncecheck_run.caller(1)
        if self.run is not None:
            self.run.time_out(frame)
        file, line = self.package.place(frame)
        message = "its import waits for something that never happens"
        report = {"message": message, "file": file, "line": line, "column": 0}
        self.reply("error " + dumps(report))
        virtual.leave(0)

    def on_exit(self, status):
        if self.run is not None:
            self.run.finish({"kind": "exit", "status": status & 0xFF}, oncecheck_run.caller(1))

    def on_signal(self, _number, frame):
        """oncecheck has lost its patience, and asks where the function hangs before it kills it."""
        if self.run is not None:
            self.run.time_out(frame)

    def on_refusal(self, what):
        frame = oncecheck_run.caller(1)
        if oncecheck_run.is_below(frame, ATTEMPTING_MODULES):
            return
        if self.run is None:
            self.on_early_call()
        self.run.refuse(what.decode("ascii", "replace"), frame)

    # --- a run ------------------------------------------------------------------------------------

    def serve(self):
        """Fork runs until oncecheck is gone. Does not return."""
        try:
            limit = address_space() + self.memory_bytes()
            self.invoke(virtual.serve(CONTROL_FD, limit, FILE_SIZE_MAX))
        finally:
            virtual.leave(70)

    def invoke(self, fd):
        request = oncecheck_run.receive(fd)
        if "now" in request:
            self.serve_session(fd, request)
        if "served" in request:
            self.serve_again(fd, request["served"])
        run = oncecheck_run.Run(fd, self.package, self.output, self.with_limit(request))
        context = self.begin(run, request, self.config["clock_ms"])
        virtual.segment(True)
        self.run = run
        run.lines = self.lines
        run.finish_at(*self.call_handler(request["event"], context))

    def serve_again(self, fd, request):
        """An invocation that came before, with the answers that it got: what it leaves is wanted."""
        run = oncecheck_run.PastRun(fd, self.package, self.output, self.with_limit(request))
        context = self.begin(run, request, self.config["clock_ms"])
        virtual.segment(True)
        self.run = run
        self.call_handler(request["event"], context)
        run.leave_behind()
        self.run = None
        virtual.end()
        self.sdk.fresh_tokens.clear()
        if self.lines is not None:
            self.lines.report()

    def serve_session(self, fd, request):
        """One invocation after the other, in this process. Does not return."""
        while True:
            run = oncecheck_run.SessionRun(fd, self.package, self.output, self.with_limit(request))
            self.sdk.fresh_tokens.clear()
            context = self.begin(run, request, request["now"])
            run.begin(request["now"])
            self.run = run
            run.end(*self.call_handler(request["event"], context))
            self.run = None
            virtual.end()
            request = oncecheck_run.receive(fd)

    def with_limit(self, request):
        request["timeout_s"] = self.config["timeout_s"]
        return request

    def begin(self, run, request, clock_ms):
        """Virtual time and randomness for an invocation; returns its context."""
        seed = request["seed"].encode()
        limit_ns = self.config["timeout_s"] * 1000 * virtual.NS_PER_MS
        request_id = oncecheck_lambda.request_id(seed)
        self.log_handler.request_id = request_id
        self.output.take()
        self.randomness.reseed(seed)
        self.sdk.start(seed)
        virtual.begin(clock_ms, limit_ns, seed)
        context = oncecheck_lambda.Context(self.config, request_id, run.remaining_ms)
        if self.lines is None or not self.lines.wants_sources:
            return context
        return self.lines.sources.context(context)

    def call_handler(self, event, context):
        """The end of an invocation: step, file, line."""
        try:
            if self.handler is None:
                self.handler = oncecheck_lambda.load_handler(self.config["handler"], self.package)
            value = self.handler(event, context)
        except BaseException as error:
            return self.describe(error)
        value, error = oncecheck_lambda.marshal(value)
        if error is not None:
            return {"kind": "raise", "detail": error}, "", 0
        return {"kind": "return", "detail": value}, "", 0

    def describe(self, error):
        """The handler raised: the step that Lambda would report, file, line."""
        file, line, _ = self.package.place_of_error(error)
        cause = error.__cause__
        if isinstance(error, oncecheck_lambda.HandlerError):
            file, line = error.report["file"], error.report["line"]
            if isinstance(cause, (SystemExit, MemoryError)):
                error = cause
        if isinstance(error, MemoryError):
            step = {"kind": "exit", "message": "out of memory"}
        elif isinstance(error, SystemExit):
            step = {"kind": "exit", "status": exit_status(error.code)}
        elif not isinstance(error, Exception):
            step = {"kind": "exit", "status": 1}  # KeyboardInterrupt and the like end Python
        else:
            kind = getattr(error, "kind", None) or type(error).__name__
            if not isinstance(error, oncecheck_lambda.HandlerError):
                kind = type(error).__name__
            message = oncecheck_run.message_of(error)
            step = {"kind": "raise", "detail": {"class": kind, "message": message}}
        return step, file, line


def exit_status(code):
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def address_space():
    """Bytes that the process has mapped."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def main():
    runtime_folder = os.path.dirname(os.path.abspath(__file__))
    virtual.load(runtime_folder)
    control = socket.socket(fileno=CONTROL_FD)
    control.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        host = Host(loads(control.recv(MESSAGE_MAX)))
        host.prepare(runtime_folder, control)
        host.enter_jail(runtime_folder)
        host.load()
    except oncecheck_lambda.HandlerError as error:
        control.send(b"error " + dumps(error.report).encode())
        virtual.leave(0)
    except BaseException as error:  # ours, or no boto3
        message = f"{type(error).__name__}: {oncecheck_run.message_of(error)}"
        control.send(b"broken " + message.encode())
        virtual.leave(0)
    host.tell_files(runtime_folder)
    python = ".".join(str(part) for part in sys.version_info[:3])
    boto3, botocore = host.sdk.versions
    signal.signal(ASK_SIGNAL, host.on_signal)
    if host.lines is not None:
        host.lines.look_at_modules()  # once for all runs
    gc.collect()
    gc.freeze()
    host.reply(f"ready Python {python}, boto3 {boto3}, botocore {botocore}")
    host.serve()


main()

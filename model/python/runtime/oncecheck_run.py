"""One invocation seen from inside: what the function asks is answered from a script, then by
oncecheck; see model/python/host_protocol.h for the frames.

Nothing here raises into the function's code to stop it, since a bare `except:` would swallow
that and `finally:` would go on: the process waits, is killed, or leaves at once.
"""

import os
import sys
from json import dumps, loads

import oncecheck_virtual as virtual

FRAME_MAX = 16 << 20
OUTPUT_MAX = 64 << 10
MESSAGE_MAX = 16 << 10
READ_TIMEOUT_S = 60  # botocore's default

# Whose frames are not the function's own although they may lie in its package.
SDK_MODULES = frozenset(
    ("aiobotocore", "aioboto3", "boto3", "botocore", "s3transfer", "urllib3", "jmespath")
)
# A read of the clock by these is no business of the function.
CLOCK_MODULES = SDK_MODULES | frozenset(
    ("asyncio", "concurrent", "http", "logging", "queue", "selectors", "socket", "ssl")
    + ("subprocess", "tempfile", "threading", "uuid")
)

_getframe = sys._getframe
_getpid = os.getpid


class Package:
    """Tells the code of the function's package from other code."""

    def __init__(self, folder):
        self.folder = os.path.join(os.path.realpath(folder), "")

    def relative(self, frame):
        """The frame's file relative to the package, or None if it is not the function's own."""
        name = frame.f_code.co_filename
        if not name.startswith(self.folder):
            return None
        relative = name[len(self.folder) :]
        if "site-packages/" in relative or "dist-packages/" in relative:
            return None
        return None if top_module(frame) in SDK_MODULES else relative

    def place(self, frame):
        """File and line of the innermost frame of the package."""
        while frame is not None:
            relative = self.relative(frame)
            if relative is not None:
                return relative, frame.f_lineno or 0
            frame = frame.f_back
        return "", 0

    def place_of_error(self, error):
        """File, line and column of the innermost frame of the package in a traceback."""
        file, line, column = "", 0, 0
        entry = error.__traceback__
        while entry is not None:
            relative = self.relative(entry.tb_frame)
            if relative is not None:
                file, line, column = relative, entry.tb_lineno or 0, _column(entry)
            entry = entry.tb_next
        return file, line, column

    def reads_clock(self, frame):
        """Whether a read of the clock is made for the function rather than by a library for itself."""
        while frame is not None:
            if self.relative(frame) is not None:
                return True
            if top_module(frame) in CLOCK_MODULES:
                return False
            frame = frame.f_back
        return False


def is_below(frame, modules):
    """Whether a frame belongs to what one of the modules has called."""
    while frame is not None:
        if top_module(frame) in modules:
            return True
        frame = frame.f_back
    return False


def top_module(frame):
    name = frame.f_globals.get("__name__")
    return name.partition(".")[0] if isinstance(name, str) else ""


def _column(entry):
    """The column of a traceback entry, from 1; 0 where this Python does not know it."""
    positions = getattr(entry.tb_frame.f_code, "co_positions", None)
    if positions is None or entry.tb_lasti < 0:
        return 0
    for index, position in enumerate(positions()):
        if index == entry.tb_lasti // 2:
            return 0 if position[2] is None else position[2] + 1
    return 0


def plain_text(text, limit=MESSAGE_MAX):
    """Any str as Unicode that JSON can carry."""
    if len(text) > limit:
        text = f"{text[:limit]}... [{len(text) - limit} characters cut]"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def message_of(error):
    try:
        return plain_text(str(error))
    except Exception:  # a __str__ of the function's own
        return ""


class Output:
    """What the function prints and logs between two inputs."""

    def __init__(self):
        self.kept = bytearray()
        self.size = 0

    def write(self, data):
        self.size += len(data)
        room = OUTPUT_MAX - len(self.kept)
        if room > 0:
            self.kept += data[:room]

    def take(self):
        text = self.kept.decode("utf-8", "replace")
        cut = self.size - len(self.kept)
        if cut > 0:
            text += f"\n... [{cut} bytes cut]\n"
        self.kept.clear()
        self.size = 0
        return text


class Run:
    """The invocation that this process is for."""

    asks_draws = True
    lines = None  # notes which lines run, where that is wanted

    def __init__(self, fd, package, output, request):
        self.fd = fd
        self.package = package
        self.output = output
        self.process = _getpid()
        self.inputs = request["inputs"]
        self.position = 0
        self.reported_ms = 0
        self.timeout_s = request["timeout_s"]

    def ask(self, step, frame, body=None):
        """Report a step and return the input that answers it. `body` is JSON text."""
        if _getpid() != self.process:
            self.refuse("calls AWS or draws in a process that it forked", frame)
        scripted = self.position < len(self.inputs)
        try:
            self._send(step, frame, body, not scripted)
            answer = self.inputs[self.position] if scripted else self._receive()
        except MemoryError:
            self._leave_without_memory()
        if scripted:
            self.inputs[self.position] = None
        self.position += 1
        virtual.segment(True)
        return answer

    def draw(self, expression, frame):
        """True for the highest value, False for the lowest."""
        answer = self.ask({"kind": "draw", "detail": plain_text(expression, 200)}, frame)
        if answer not in ("low", "high"):
            self._wait_for_the_end()
        return answer == "high"

    def ask_time(self, frame):
        answer = self.ask({"kind": "time"}, frame)
        if isinstance(answer, (dict, str)):
            self._wait_for_the_end()
        virtual.answer_time(answer)

    def call(self, target, body, fresh_token, attempt, frame):
        if "\\ud" in body and not _is_unicode(loads(body)):
            self.refuse("sends half a surrogate pair, which is no Unicode", frame)
        step = {"kind": "call", "target": target, "fresh": fresh_token, "attempt": attempt}
        answer = self.ask(step, frame, body)
        if not isinstance(answer, dict):
            self._wait_for_the_end()
        return answer

    def finish(self, step, frame):
        """Report the end of the invocation and leave."""
        try:
            self._send(step, frame, None, True)
        except MemoryError:
            self._leave_without_memory()
        virtual.leave(0)

    def finish_at(self, step, file, line):
        step["file"], step["line"] = file, line
        self.finish(step, None)

    def refuse(self, message, frame):
        """The function does something that is not simulated."""
        self.finish({"kind": "unsupported", "message": message}, frame)

    def time_out(self, frame):
        message = f"Task timed out after {self.timeout_s:.2f} seconds"
        self.finish({"kind": "hang", "detail": {"message": message}}, frame)

    def remaining_ms(self):
        return max(0, self.timeout_s * 1000 - virtual.elapsed_ms())

    def _send(self, step, frame, body, with_output):
        slept_ms = virtual.slept_ms()
        step["slept"] = slept_ms - self.reported_ms
        self.reported_ms = slept_ms
        if "file" not in step:
            step["file"], step["line"] = self.package.place(frame)
        output = self.output.take()
        if with_output and output:
            step["output"] = output
        if with_output and self.lines is not None:
            step["lines"] = self.lines.report()
        text = to_json(step)
        if body is not None:
            text = f'{text[:-1]}, "body": {body}}}'
        data = text.encode("ascii", "backslashreplace")
        if len(data) > FRAME_MAX:
            message = f"sends {len(data)} bytes at once, more than {FRAME_MAX}"
            data = dumps({"kind": "limit", "message": message}).encode()
        if not virtual.send(self.fd, len(data).to_bytes(4, "big") + data):
            virtual.leave(0)

    def _receive(self):
        self.fd = virtual.await_input(self.fd)
        self.process = _getpid()  # this may be a branch now
        return self._take(receive(self.fd))

    def _take(self, frame):
        """The input in a frame of oncecheck's."""
        return frame["input"]

    def _leave_without_memory(self):
        virtual.send(self.fd, OUT_OF_MEMORY)
        virtual.leave(0)

    def _wait_for_the_end(self):
        """The script does not fit the steps: oncecheck, which sees both, kills this process."""
        virtual.receive(self.fd, 1)
        virtual.leave(0)


def _is_unicode(value):
    try:
        dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def to_json(value):
    """Halves of surrogate pairs, which are no Unicode, become U+FFFD."""
    text = dumps(value)
    if "\\ud" not in text or _is_unicode(value):
        return text
    halves = dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return dumps(loads(halves.decode("utf-16", "replace")))


class PastRun(Run):
    """An invocation that this process has served in another run, so that all it will ask is known.
    Nothing of it is reported again, but that it comes to another end."""

    def ask(self, step, frame, body=None):
        if self.position == len(self.inputs):
            self._differ(frame)
        answer = self.inputs[self.position]
        self.position += 1
        virtual.segment(True)
        return answer

    def leave_behind(self):
        if self.position < len(self.inputs):
            self._differ(None)
        if len(os.listdir("/proc/self/task")) > 1:
            self.refuse("leaves threads behind, which go on in its container", None)

    def _differ(self, frame):
        self.refuse("does something else after the same event and the same answers", frame)


class SessionRun(Run):
    """One of the invocations that this process serves: nobody asks what would be had it drawn other
    numbers, or been run at another time, so draws and clocks are no questions. See
    model/python/host_session.h."""

    asks_draws = False

    def begin(self, now_ms):
        virtual.answer_time(now_ms)
        virtual.segment(False)

    def ask(self, step, frame, body=None):
        answer = super().ask(step, frame, body)
        virtual.segment(False)
        return answer

    def _take(self, frame):
        virtual.answer_time(frame["now"])
        return super()._take(frame)

    def end(self, step, file, line):
        """Report the end of the invocation; the process serves the next one, if it can."""
        step["file"], step["line"] = file, line
        if step["kind"] not in ("return", "raise"):
            self.finish(step, None)
        if len(os.listdir("/proc/self/task")) > 1:  # a thread that goes on
            virtual.send(self.fd, GONE)
            self.finish(step, None)
        self._send(step, None, None, True)


def _frame(step):
    data = dumps(step).encode()
    return len(data).to_bytes(4, "big") + data


OUT_OF_MEMORY = _frame({"kind": "exit", "message": "out of memory"})
GONE = _frame({"kind": "gone"})


def receive(fd):
    """One frame; leaves if there is none to come."""
    head = virtual.receive(fd, 4)
    data = virtual.receive(fd, int.from_bytes(head, "big")) if head is not None else None
    if data is None:
        virtual.leave(0)
    return loads(data)


def caller(depth):
    """The frame `depth` levels above the function that calls this."""
    return _getframe(depth + 1)

"""Running a program and measuring it: wall time and peak memory as the kernel counts them."""

import os
import platform
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

KIB = 1024


class Measured:
    """What one run of a program took and said."""

    def __init__(self, seconds, processor_seconds, peak_bytes, exit_code, stdout, stderr):
        self.seconds = seconds
        self.processor_seconds = processor_seconds
        self.peak_bytes = peak_bytes
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class ProgramFailed(Exception):
    pass


def run(command, limit_s, folder=None, environment=None):
    """Run `command` to its end and measure it; its output goes to files, not through a pipe.

    The peak is that of the process with the largest, `command` and those it waited for; processor
    time is the sum of all, to hundredths of a second. GNU time asks the kernel for them: in a child
    of our own, the peak counts what this Python took, too.
    After `limit_s` the run is killed and ProgramFailed raised.
    """
    with (
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
        tempfile.NamedTemporaryFile("r") as usage,
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            ["/usr/bin/time", "--quiet", "--format=%M %U %S", f"--output={usage.name}",
             *command],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            cwd=folder, env=environment, start_new_session=True,
        )
        late = threading.Event()
        killer = threading.Timer(limit_s, _kill, (process.pid, late))
        killer.start()
        process.wait()
        seconds = time.perf_counter() - started
        killer.cancel()
        if late.is_set():
            raise ProgramFailed(f"{os.path.basename(command[0])} took more than {limit_s:.0f} s")
        stdout.seek(0)
        stderr.seek(0)
        peak_kib, user_s, system_s = usage.read().splitlines()[-1].split()
        return Measured(
            seconds,
            float(user_s) + float(system_s),
            int(peak_kib) * KIB,
            process.returncode,
            stdout.read().decode(errors="replace"),
            stderr.read().decode(errors="replace"),
        )


def _kill(group, late):
    late.set()
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:  # it ended in this very moment
        late.clear()


def build(command, folder):
    """Run a step of building a peer; its seconds."""
    measured = run(command, limit_s=300, folder=folder)
    if measured.exit_code != 0:
        raise ProgramFailed(f"{' '.join(command)}: {measured.stderr or measured.stdout}")
    return measured.seconds


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _first_line(command):
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0] if lines else None


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions(oncecheck):
    return {
        "oncecheck": _first_line([oncecheck, "--version"]),
        "commit": _first_line(["git", "rev-parse", "--short=12", "HEAD"]),
        "gcc": _first_line(["gcc", "--version"]),
        "spin": _first_line(["spin", "-V"]),
        "rumur": _first_line(["rumur", "--version"]),
    }

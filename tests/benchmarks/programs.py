"""The programs that are compared, each with `prepare`, which is not measured, and `run`, which is.

A run returns figures by name; what a program does not say is None:
    seconds, processor_seconds, peak_bytes   of the whole process, from its start to its end
    states, transitions           explored
    bytes_per_state               what the program says its store takes
    steps                         of the counterexample; None: none was found
    events, handler_seconds       oncecheck: events of functions, time in them
    verdict                       oncecheck's; of the others holds or violated
"""

import json
import math
import os
import re
import shutil

import measure

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")

FIGURES = ("seconds", "processor_seconds", "peak_bytes", "states", "transitions",
           "bytes_per_state", "steps", "events", "handler_seconds", "verdict")


class NotSupported(Exception):
    """This version of oncecheck refuses an option: the row has to wait."""


def figures(**known):
    return {name: known.get(name) for name in FIGURES}


class Oncecheck:
    """oncecheck with some arguments. `warm`: what an earlier run has stored is kept, else thrown
    away."""

    def __init__(self, program, arguments, limit_s, warm=False):
        self.name = "oncecheck"
        self.program = program
        self.arguments = arguments
        self.limit_s = limit_s
        self.warm = warm
        self.folder = None
        self.build_seconds = None

    def prepare(self, folder):
        self.folder = folder
        if self.warm:
            self.run()

    def run(self):
        stored = os.path.join(self.folder, "stored")
        if not self.warm:
            shutil.rmtree(stored, ignore_errors=True)
        trace = os.path.join(self.folder, "trace.json")
        if os.path.exists(trace):
            os.remove(trace)
        command = [self.program, "verify", *self.arguments, "--json", "-", "--progress", "never",
                   "--trace", trace]
        environment = dict(os.environ, XDG_STATE_HOME=stored, XDG_CACHE_HOME=stored)
        measured = measure.run(command, self.limit_s, environment=environment)
        if measured.exit_code == 2 and re.search(
            r"not supported yet|unknown option|expected local_steps", measured.stderr
        ):
            raise NotSupported(measured.stderr.splitlines()[0])
        if measured.exit_code not in (0, 1, 3):
            raise measure.ProgramFailed(f"{' '.join(command)}: {measured.stderr}")
        return self.read(measured, trace)

    @staticmethod
    def read(measured, trace):
        result = json.loads(measured.stdout)
        statistics, runtime = result["statistics"], result["runtime"]
        steps = None
        if result["verdict"] == "violated":
            with open(trace, encoding="utf-8") as file:
                steps = sum(1 for step in json.load(file)["steps"] if not step.get("minor"))
        return figures(
            seconds=measured.seconds,
            processor_seconds=measured.processor_seconds,
            peak_bytes=measured.peak_bytes,
            states=statistics["states"],
            transitions=statistics["transitions"],
            bytes_per_state=runtime["bytes_per_state"],
            steps=steps,
            events=statistics["handler_events"],
            handler_seconds=runtime["handler_seconds"],
            verdict=result["verdict"],
        )


CONFIGURATION = ("K", "V", "D", "S", "P", "R", "B", "F")


def definitions(configuration, token):
    """`configuration`: "4 1 1 2 2 2 2 1", see peers/semantics.md."""
    numbers = configuration.split()
    if len(numbers) != len(CONFIGURATION):
        raise ValueError(f"{configuration!r}: found {len(numbers)} numbers, expected 8")
    flags = [f"-D{name}={number}" for name, number in zip(CONFIGURATION, numbers)]
    return flags + [f"-DTOKEN={1 if token else 0}"]


def number_in(pattern, text, convert=int):
    match = re.search(pattern, text, re.MULTILINE)
    return None if match is None else convert(match.group(1))


def rounded(text, less=0):
    """A number as C's %g prints it; `less` is taken away from it where it is exact."""
    return int(text) - less if text.isdigit() else round(float(text))


class Spin:
    """SPIN's verifier, built as its manual says for speed: safety only, no partial-order reduction
    (it finds nothing to reduce here and costs time), the hash table sized for the states that are
    known to come.

    search "depth": depth-first, exact. "breadth": breadth-first, which finds the shortest
    counterexample. "two cores": parallel breadth-first; it keeps hashes of states and may miss
    some.
    """

    FLAGS = {
        "depth": ["-DNOREDUCE"],
        "breadth": ["-DNOREDUCE", "-DBFS"],
        "two cores": ["-DNOREDUCE", "-DBFS_PAR"],
    }

    def __init__(self, configuration, states, search, limit_s, token=True):
        self.name = f"spin, {search}"
        self.defines = definitions(configuration, token)
        self.search = search
        self.token = token
        self.limit_s = limit_s
        self.table_bits = max(16, math.ceil(math.log2(states)) + 1)
        self.folder = None
        self.build_seconds = None

    def prepare(self, folder):
        self.folder = folder
        shown = [] if self.search == "depth" else ["-DALL_SHOWN"]
        model = os.path.join(PEERS, "pipeline.pml")
        self.build_seconds = measure.build(["spin", *self.defines, *shown, "-a", model], folder)
        self.build_seconds += measure.build(
            ["gcc", "-w", "-O3", "-march=native", "-DSAFETY", "-DMEMLIM=20000",
             *self.FLAGS[self.search], "-o", "pan", "pan.c"], folder,
        )

    def run(self):
        # -E: a quiet pipeline is no deadlock
        options = ["-E", "-n", "-m1000000", f"-w{self.table_bits}"]
        if self.search == "two cores":
            options = ["-E", "-n", "-u2", f"-w{self.table_bits}"]
        command = [os.path.join(self.folder, "pan"), *options]
        return self.read(measure.run(command, self.limit_s, folder=self.folder))

    @staticmethod
    def read(measured):
        text = measured.stdout
        errors = number_in(r"errors: (\d+)", text)
        states = number_in(r"^\s*([\d.e+]+) states, stored", text, rounded)
        # it counts one to the initial state, and rounds large numbers to eight digits
        transitions = number_in(r"^\s*([\d.e+]+) transitions", text, lambda n: rounded(n, less=1))
        if errors is None or states is None or transitions is None:
            raise measure.ProgramFailed(f"pan: {text}{measured.stderr}")
        if re.search(r"out of memory|max search depth too small", text) and errors == 0:
            raise measure.ProgramFailed(f"pan did not finish: {text}")
        depth = number_in(r"\(at depth (\d+)\)", text)
        return figures(
            seconds=measured.seconds,
            processor_seconds=measured.processor_seconds,
            peak_bytes=measured.peak_bytes,
            states=states,
            transitions=transitions,
            bytes_per_state=measured.peak_bytes / states,
            steps=None if errors == 0 else depth + 1,
            verdict="holds" if errors == 0 else "violated",
        )


class Rumur:
    def __init__(self, configuration, threads, limit_s, token=True):
        self.name = f"rumur, {threads} thread{'s' if threads > 1 else ''}"
        self.defines = definitions(configuration, token)
        self.threads = threads
        self.limit_s = limit_s
        self.folder = None
        self.build_seconds = None

    def prepare(self, folder):
        self.folder = folder
        model = os.path.join(PEERS, "pipeline.m.in")
        self.build_seconds = measure.build(
            ["cpp", "-P", *self.defines, model, "pipeline.m"], folder)
        self.build_seconds += measure.build(
            ["rumur", "pipeline.m", "-o", "checker.c", "--deadlock-detection", "off",
             "--threads", str(self.threads)], folder)
        self.build_seconds += measure.build(
            ["gcc", "-w", "-O3", "-march=native", "-mcx16", "checker.c", "-o", "checker",
             "-lpthread", "-latomic"], folder)

    def run(self):
        return self.read(measure.run([os.path.join(self.folder, "checker")], self.limit_s))

    @staticmethod
    def read(measured):
        text = measured.stdout
        states = number_in(r"^\s*(\d+) states, \d+ rules fired", text)
        transitions = number_in(r"^\s*\d+ states, (\d+) rules fired", text)
        if states is None or "Status:" not in text:
            raise measure.ProgramFailed(f"rumur's checker: {text}{measured.stderr}")
        violated = "No error found" not in text
        return figures(
            seconds=measured.seconds,
            processor_seconds=measured.processor_seconds,
            peak_bytes=measured.peak_bytes,
            states=states,
            transitions=transitions,
            bytes_per_state=measured.peak_bytes / states,
            steps=len(re.findall(r"^Rule .* fired", text, re.MULTILINE)) if violated else None,
            verdict="violated" if violated else "holds",
        )

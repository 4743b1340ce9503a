#!/usr/bin/env python3
"""Change one operator or constant of model/ or checker/ at a time: do the unit tests notice?

    mutants.py [--sample N] [--seed N] [--jobs N] [FILE...]

The tests of a source are tests/PATH/test_NAME.c, what tools/mutants_tests.tsv names and those that
include its header; where there are none, those of the longest beginning of its name, up to a "_".
A source without tests has no mutants: commands are judged by tests/cli. Nor has a CHECK(): only a
fault of oncecheck itself could tell one from the other.

Mutants are a sample, the same for the same seed, of all there are in FILE... (default: every source
with tests). One that does not compile, or to the same code, is left out. A test that fails, crashes
or takes ten times as long as it should kills the mutant; the others are listed as survivors, but for
those in tools/mutants_equivalent.tsv, which change nothing that anybody could see. Exit status 1 if
fewer than 80 % are killed.

`make mutants` builds the tests first, without sanitizers. The sources stay as they are.
"""

import argparse
import os
import queue
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path("build/mutants")
EQUIVALENT = ROOT / "tools" / "mutants_equivalent.tsv"
TESTS = ROOT / "tools" / "mutants_tests.tsv"
FOLDERS = ("model", "checker")
WANTED_PERCENT = 80
TEST_SECONDS_MAX = 10  # of a processor; slower tests judge no mutant
TEST_SECONDS_LIMIT = 100
LIMIT_FACTOR = 10
LIMIT_SECONDS_MIN = 5
LIMIT_BYTES = 4 << 30  # of a test's address space: a mutant may allocate for ever
TESTS_PER_MUTANT = 6
CHANGES = [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
    (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"(?<=[ (])!(?=[a-z(])", ""),
    (r"\+\+", "--"), (r"(?<=[ (\[])0(?=[;,)\]])", "1"), (r"(?<=[ (\[])1(?=[;,)\]])", "2"),
    (r" \* (?=\w)", " / "), (r" >> ", " << "), (r" \| ", " & "), (r"\+= ", "-= "),
]
COMMENT_OR_TEXT = re.compile(
    r"\bCHECK\([^;]*;|/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
HEADER = re.compile(r'^#include "((?:model|checker)/[^"]+)\.h"', re.MULTILINE)


def rows(path, width):
    """The rows of a table of tab-separated columns; none may be empty."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = line.split("\t")
        if line.startswith("#"):
            continue
        if len(row) != width or not all(row):
            sys.exit(f"{path.name}:{number}: expected {width} columns")
        found.append(row)
    return found


def tests_by_source():
    """{source: tests, the likeliest to notice first}"""
    programs = sorted(
        path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.c")
        if path.relative_to(ROOT).parts[1] in FOLDERS
    )
    including = defaultdict(list)
    for program in programs:
        for name in HEADER.findall((ROOT / program).read_text(encoding="utf-8")):
            including[name].append(program)
    named = {source: tests.split() for source, tests in rows(TESTS, 2)}
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.c")):
            source = path.relative_to(ROOT)
            tests = tests_of(source, programs, including, named)
            if tests:
                found[source] = tests
    return found


def tests_of(source, programs, including, named):
    mirror = Path("tests") / source.parent / f"test_{source.name}"
    own = [mirror] if mirror in programs else []
    own += [Path("tests") / test for test in named.get(str(source), [])]
    own += including[str(source.with_suffix(""))]
    if own:
        return list(dict.fromkeys(own))
    words = source.stem.split("_")
    for count in range(len(words) - 1, 0, -1):
        stem = "test_" + "_".join(words[:count])
        alike = [
            test for test in programs
            if test.parent == Path("tests") / source.parent
            and (test.stem == stem or test.stem.startswith(stem + "_"))
        ]
        if alike:
            return alike
    return []


def blank(match):
    return re.sub(r"[^\n]", "\0", match.group())


def mutants_of(source):
    """(source, offset, length, replacement) of every place that can be changed."""
    text = COMMENT_OR_TEXT.sub(blank, (ROOT / source).read_text(encoding="utf-8"))
    found = []
    for pattern, replacement in CHANGES:
        for match in re.finditer(pattern, text):
            found.append((source, match.start(), match.end() - match.start(), replacement))
    return sorted(found, key=lambda mutant: (mutant[1], mutant[3]))


def describe(mutant):
    source, offset, length, replacement = mutant
    text = (ROOT / source).read_text(encoding="utf-8")
    number = text.count("\n", 0, offset) + 1
    line = text.splitlines()[number - 1].strip()
    return f"{source}:{number}", f"'{text[offset:offset + length]}' -> '{replacement}'", line


class Commands:
    """How make builds things, without what differs from mutant to mutant."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = {}

    def of(self, target):
        """make's last command for a target below BUILD, as a list."""
        with self.lock:
            if target not in self.kept:
                plan = subprocess.run(
                    ["make", "--no-print-directory", "-n", "-B", "V=1", "VARIANT=mutants", str(target)],
                    cwd=ROOT, check=True, capture_output=True, text=True,
                ).stdout.replace("\\\n", " ")
                wanted = [line for line in plan.splitlines() if f"-o {target} " in line]
                self.kept[target] = shlex.split(wanted[-1])
            return self.kept[target]


def replaced(command, old, new):
    return [new if word == str(old) else word for word in command]


class Judge:
    """Builds one mutant after the other into a folder of its own, and runs its tests."""

    def __init__(self, folder, commands, tests, seconds):
        self.folder = folder
        self.commands = commands
        self.tests = tests
        self.seconds = seconds  # of the tests as they are; None: not to be used

    def compile(self, source, text):
        """The object of the changed source, or None."""
        file = self.folder / source.name
        made = self.folder / "mutant.o"
        object_file = BUILD / "obj" / source.with_suffix(".o")
        file.write_text(text, encoding="utf-8")
        command = replaced(self.commands.of(object_file), object_file, str(made))
        command = [word for word in replaced(command, source, str(file)) if word not in ("-MMD", "-MP")]
        if subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode != 0:
            return None
        return None if made.read_bytes() == (ROOT / object_file).read_bytes() else made

    def passes(self, test, made):
        program = BUILD / test.with_suffix("")
        linked = self.folder / "test"
        command = replaced(self.commands.of(program), program, str(linked))
        # before the library: it then gives everything but this object
        command.insert(command.index(str(BUILD / "liboncecheck.a")), str(made))
        linking = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
        if linking.returncode != 0:
            raise SystemError(f"{test}: are the sources as `make mutants` built them? {linking.stderr}")
        return run(linked, max(LIMIT_SECONDS_MIN, LIMIT_FACTOR * self.seconds[test]))[0]

    def judge(self, mutant):
        """'killed', 'survived', 'left out' or 'not tested'."""
        source, offset, length, replacement = mutant
        text = (ROOT / source).read_text(encoding="utf-8")
        made = self.compile(source, text[:offset] + replacement + text[offset + length:])
        if made is None:
            return "left out"
        tests = [test for test in self.tests[source] if self.seconds[test] is not None]
        for test in tests[:TESTS_PER_MUTANT]:
            if not self.passes(test, made):
                return "killed"
        return "survived" if tests else "not tested"


def run(program, seconds):
    """Whether a test passes within the time, and the seconds of a processor that it took."""
    process = subprocess.Popen(
        [str(program), "-j1"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES)),
    )
    late = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    late.start()
    _, status, usage = os.wait4(process.pid, 0)
    late.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode == 0, usage.ru_utime + usage.ru_stime


def in_parallel(work, items, jobs):
    """[work(worker, item)] for each item."""
    waiting = queue.Queue()
    results = [None] * len(items)
    failures = []
    for index, item in enumerate(items):
        waiting.put((index, item))

    def serve(worker):
        try:
            while not failures:
                index, item = waiting.get_nowait()
                results[index] = work(worker, item)
        except queue.Empty:
            pass
        except Exception as error:  # the other workers stop, too
            failures.append(error)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def time_tests(tests, jobs):
    """{test: seconds, None where it is too slow}; all have to pass as they are."""

    def measure(_worker, test):
        begun = time.monotonic()
        passed, used = run(ROOT / BUILD / test.with_suffix(""), TEST_SECONDS_LIMIT)
        seconds = time.monotonic() - begun
        if not passed and seconds < TEST_SECONDS_LIMIT:
            raise SystemError(f"{test} does not pass as it is")
        return seconds if passed and used <= TEST_SECONDS_MAX else None

    return dict(zip(tests, in_parallel(measure, tests, jobs)))


def report(mutants, results, total):
    """Print survivors and figures; the percentage killed."""
    known = {tuple(row[:3]) for row in rows(EQUIVALENT, 4)}
    counts = dict.fromkeys(("killed", "survived", "left out", "not tested", "equivalent"), 0)
    for mutant, result in zip(mutants, results):
        place, change, line = describe(mutant)
        if result == "survived" and (str(mutant[0]), change, line) in known:
            result = "equivalent"
        counts[result] += 1
        if result == "survived":
            print(f"survived {place}: {change} in `{line}`")
    judged = counts["killed"] + counts["survived"]
    share = 100 * counts["killed"] / judged if judged else 0
    print(
        f"{counts['killed']} of {judged} mutants killed ({share:.0f} %), of {total} there are; besides "
        f"{counts['equivalent']} equivalent, {counts['left out']} that do not compile or to the same "
        f"code, {counts['not tested']} with slow tests alone"
    )
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    tests = tests_by_source()
    for file in options.files:
        if file not in tests:
            sys.exit(f"{file}: not a source of {' or '.join(FOLDERS)} with tests")
    everything = [mutant for source in options.files or tests for mutant in mutants_of(source)]
    count = min(options.sample, len(everything))
    chosen = sorted(random.Random(options.seed).sample(range(len(everything)), count))
    mutants = [everything[index] for index in chosen]
    wanted = sorted({test for mutant in mutants for test in tests[mutant[0]]})
    seconds = time_tests(wanted, options.jobs)
    commands = Commands()
    judges = []
    for number in range(options.jobs):
        folder = ROOT / BUILD / "judges" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        judges.append(Judge(folder, commands, tests, seconds))
    results = in_parallel(lambda worker, mutant: judges[worker].judge(mutant), mutants, options.jobs)
    sys.exit(0 if report(mutants, results, len(everything)) >= WANTED_PERCENT else 1)


if __name__ == "__main__":
    main()

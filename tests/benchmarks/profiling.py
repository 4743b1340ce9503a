"""Where oncecheck's time goes: samples of the processor's clock, by function and by source file."""

import os
import re
import subprocess

SAMPLES_PER_SECOND = 997  # no multiple of anything that happens regularly
PAGE = 4096
SAMPLE = re.compile(
    r"\s*(?P<address>[0-9a-f]+) (?P<symbol>\S+?)(\+0x(?P<offset>[0-9a-f]+))? \((?P<library>.+)\)$"
)


class NoProfile(Exception):
    pass


def _output_of(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoProfile(f"{command[0]} is missing") from error
    if done.returncode not in (0, 1, 3):  # perf passes on oncecheck's exit code
        lines = done.stderr.strip().splitlines() or [f"{command[0]}: exit code {done.returncode}"]
        raise NoProfile(lines[0])
    return done.stdout


def plain_name(symbol):
    """Without the suffixes of gcc's copies: name.isra.0, name.part.0."""
    return symbol.split(".")[0]


def source_files(program):
    """The file that defines a function of `program`, by its debug information: by name and by the
    address's place in its page, which loading the program does not change. So static functions of
    one name are told apart."""
    files = {}
    root = os.path.dirname(os.path.dirname(os.path.abspath(program))) + os.sep
    for line in _output_of(["nm", "--line-numbers", program]).splitlines():
        symbol, _, place = line.partition("\t")
        fields = symbol.split()
        if len(fields) < 3 or fields[1] not in "tT" or not place:
            continue
        path = place.rsplit(":", 1)[0]
        path = path[len(root):] if path.startswith(root) else path
        files[plain_name(fields[2]), int(fields[0], 16) % PAGE] = path
    return files


def parse(samples, files):
    """Shares by function and by file from perf's samples, "address function+offset (library)"."""
    by_function, by_file, count = {}, {}, 0
    for line in samples.splitlines():
        match = SAMPLE.match(line)
        if match is None:
            continue
        symbol, library = plain_name(match["symbol"]), os.path.basename(match["library"])
        start = (int(match["address"], 16) - int(match["offset"] or "0", 16)) % PAGE
        place = files.get((symbol, start), library)
        by_function[symbol, place] = by_function.get((symbol, place), 0) + 1
        by_file[place] = by_file.get(place, 0) + 1
        count += 1
    functions = [{"function": symbol, "file": place, "share": samples / count}
                 for (symbol, place), samples in by_function.items()]
    functions.sort(key=lambda entry: (-entry["share"], entry["function"], entry["file"]))
    places = sorted(by_file.items(), key=lambda entry: (-entry[1], entry[0]))
    return functions, [{"file": place, "share": samples / count} for place, samples in places]


def profile(program, arguments, folder):
    """Run once under perf: {"functions": [...], "files": [...]}, the largest first; shares sum to
    1."""
    data = os.path.join(folder, "perf.data")
    _output_of([
        "perf", "record", "--quiet", "-e", "cpu-clock", "-F", str(SAMPLES_PER_SECOND), "-o", data,
        "--", program, "verify", *arguments, "--quiet", "--progress", "never",
    ])
    if not os.path.exists(data):
        raise NoProfile("perf recorded nothing")
    samples = _output_of(["perf", "script", "-i", data, "-F", "ip,sym,symoff,dso"])
    functions, files = parse(samples, source_files(program))
    if not functions:
        raise NoProfile("perf took no samples")
    return {"functions": functions, "files": files}

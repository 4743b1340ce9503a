"""Where oncecheck's time goes: samples of the processor's clock, by function and by source file."""

import os
import subprocess

SAMPLES_PER_SECOND = 997  # no multiple of anything that happens regularly


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
    """The file that defines each function of `program`, by its debug information."""
    files = {}
    root = os.path.dirname(os.path.dirname(os.path.abspath(program))) + os.sep
    for line in _output_of(["nm", "--line-numbers", program]).splitlines():
        symbol, _, place = line.partition("\t")
        name, kind = plain_name(symbol.split()[-1]), symbol.split()[-2]
        if kind not in "tT" or not place:
            continue
        path = place.rsplit(":", 1)[0]
        path = path[len(root):] if path.startswith(root) else path
        # two files may have a static function of one name
        files[name] = path if files.get(name, path) == path else "several files"
    return files


def parse(report, files):
    """Shares by function and by file from perf's report of lines "share|library|[.] function"."""
    functions, by_file = [], {}
    for line in report.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) < 3 or not fields[0].endswith("%"):
            continue
        share = float(fields[0].rstrip("%")) / 100
        function = plain_name(fields[2].split("]", 1)[-1].split()[0])  # "[.] name"
        library = fields[1]
        place = files.get(function, "oncecheck") if library == "oncecheck" else library
        functions.append({"function": function, "file": place, "share": share})
        by_file[place] = by_file.get(place, 0.0) + share
    functions.sort(key=lambda entry: (-entry["share"], entry["function"]))
    places = sorted(by_file.items(), key=lambda entry: (-entry[1], entry[0]))
    return functions, [{"file": place, "share": share} for place, share in places]


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
    report = _output_of([
        "perf", "report", "-i", data, "--stdio", "--quiet", "--sort", "dso,symbol", "-t", "|",
    ])
    functions, files = parse(report, source_files(program))
    if not functions:
        raise NoProfile("perf took no samples")
    return {"functions": functions, "files": files}

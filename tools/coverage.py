#!/usr/bin/env python3
"""Lines and branches of model/ and checker/ that tests have run, from gcov's counts.

    coverage.py BUILD_DIR    capture, write BUILD_DIR/html and the figures, and put these into README.md
    coverage.py --check      README.md has a line of figures in the form that this writes

What is left out, and why, is in tools/coverage_exclusions.tsv.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXCLUSIONS = ROOT / "tools" / "coverage_exclusions.tsv"
FOLDERS = ("model", "checker")
FORM = re.compile(
    r"^Tests run (\d+\.\d) % of the lines and (\d+\.\d) % of the branches of model/ and checker/ .*$",
    re.MULTILINE,
)


def exclusions(kind):
    """Patterns of one kind, as one regular expression of lcov's."""
    patterns = ["LCOV_EXCL_LINE" if kind == "line" else "LCOV_EXCL_BR_LINE"]
    for line in EXCLUSIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        pattern, what, reason = line.split("\t")
        if not reason:
            sys.exit(f"{EXCLUSIONS.name}: no reason for {pattern}")
        if what == kind:
            patterns.append(pattern)
    return "|".join(patterns)


def capture(build):
    """The tracefile of these folders."""
    options = [
        "--quiet",
        "--rc", "lcov_branch_coverage=1",
        "--rc", f"lcov_excl_line={exclusions('line')}",
        "--rc", f"lcov_excl_br_line={exclusions('branch')}",
    ]
    everything = build / "all.info"
    ours = build / "ours.info"
    subprocess.run(
        ["lcov", *options, "--capture", "--directory", build / "obj", "--no-external",
         "--base-directory", ROOT, "--output-file", everything],
        check=True,
    )
    subprocess.run(
        ["lcov", *options, "--extract", everything, *(f"{ROOT}/{folder}/*" for folder in FOLDERS),
         "--output-file", ours],
        check=True,
    )
    subprocess.run(
        ["genhtml", "--quiet", "--branch-coverage", "--prefix", ROOT, "--output-directory",
         build / "html", ours],
        check=True,
    )
    return ours


def figures(tracefile):
    """(ran, all) of lines and of branches."""
    counts = dict.fromkeys(("LH", "LF", "BRH", "BRF"), 0)
    for line in tracefile.read_text(encoding="utf-8").splitlines():
        name, _, number = line.partition(":")
        if name in counts:
            counts[name] += int(number)
    return (counts["LH"], counts["LF"]), (counts["BRH"], counts["BRF"])


def percent(counts):
    ran, total = counts
    return f"{100 * ran / total:.1f}" if total else "0.0"


def main():
    if sys.argv[1:] == ["--check"]:
        if not FORM.search(README.read_text(encoding="utf-8")):
            sys.exit("README.md: no line of coverage in the form of tools/coverage.py")
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    lines, branches = figures(capture(build))
    sentence = (
        f"Tests run {percent(lines)} % of the lines and {percent(branches)} % of the branches "
        f"of model/ and checker/ (`make coverage` writes this line)."
    )
    text = README.read_text(encoding="utf-8")
    README.write_text(FORM.sub(sentence, text), encoding="utf-8")
    print(sentence)
    print(build / "html" / "index.html")


if __name__ == "__main__":
    main()

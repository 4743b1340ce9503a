#!/usr/bin/env python3
"""Rules of style that need no parser: lengths, the direction of includes, reasons for suppressions.

    check_sources.py [DIR]

Prints "file:line: what is wrong" for each finding; exit status 1 if there is one. DIR (default: the
current directory) is the root of a checkout.
"""

import ast
import os
import re
import sys

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70  # of Python; for C, clang-tidy's readability-function-size counts
FOLDERS = ("model", "checker", "reports", "scenarios", "tests", "tools")
CODE = (".c", ".h", ".cc", ".py", ".sh")

# Libraries of our own choice: each is included by one source file, so that it can be replaced there.
THIRD_PARTY = re.compile(r"(jansson|libfyaml|xxhash|sqlite3|seccomp)\.h$|(nettle)/")

INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
SUPPRESSIONS = {
    ".c": re.compile(r"NOLINT|cppcheck-suppress|clang-format off"),
    ".h": re.compile(r"NOLINT|cppcheck-suppress|clang-format off"),
    ".sh": re.compile(r"shellcheck disable"),
}
REASONED = re.compile(
    r"NOLINT(NEXTLINE|BEGIN)?\([a-zA-Z0-9.,*-]+\): \w"  # the check by its name, then the reason
    r"|NOLINTEND\("
    r"|cppcheck-suppress \w+ ; \w"
    r"|# shellcheck disable=SC[0-9,SC]+ # \w"
)


def is_reasoned(line, previous):
    """Whether a suppression says why: clang-format's, which allows no words beside it, a line above."""
    if "clang-format off" in line:
        return previous.rstrip().endswith("*/")
    return REASONED.search(line) is not None


def layer(path):
    """The layer that `path` belongs to: a file includes its own layer and those below it.

    The command line (checker/main.c and checker/command_*) is above the reports it prints.
    """
    if path.startswith("tests/"):
        return 5
    if path == "checker/main.c" or path.startswith("checker/command_"):
        return 4
    if path.startswith("reports/"):
        return 3
    if path.startswith("checker/"):
        return 2
    if path.startswith("model/base/"):
        return 0
    if path.startswith("model/"):
        return 1
    return None


LAYERS = ("model/base", "model", "checker", "reports", "the command line", "tests")


def sources(root):
    for folder in FOLDERS:
        for directory, folders, names in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(CODE):
                    yield os.path.relpath(os.path.join(directory, name), root)


class Checker:
    def __init__(self, root):
        self.root = root
        self.findings = []
        self.third_party_users = {}

    def complain(self, path, line, message):
        self.findings.append(f"{path}:{line}: {message}")

    def check_include(self, path, number, quote, target, first):
        own_header = re.sub(r"\.c$", ".h", path)
        if path.endswith(".c") and first and not path.startswith("tests/"):
            if os.path.exists(os.path.join(self.root, own_header)) and target != own_header:
                self.complain(path, number, f'the first include is not "{own_header}"')
        third_party = THIRD_PARTY.search(target)
        if third_party and not path.startswith("tests/"):
            library = third_party.group(1) or third_party.group(2)
            if path.endswith(".h"):
                self.complain(path, number, f"{target} belongs in a .c file")
            users = self.third_party_users.setdefault(library, {})
            users.setdefault(path, number)
        if quote != '"':
            return
        if not os.path.exists(os.path.join(self.root, target)):
            self.complain(path, number, f'"{target}" is not a path from the project\'s root')
            return
        here, there = layer(path), layer(target)
        if here is not None and there is not None and there > here:
            self.complain(
                path, number, f'"{target}" points upwards, from {LAYERS[here]} to {LAYERS[there]}'
            )

    def check_python(self, path, text):
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            self.complain(path, error.lineno, error.msg)
            return
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    self.complain(path, node.lineno, f"{node.name} has {length} lines")

    def check_file(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            text = file.read()
        # Solutions may be as their authors wrote them, wrong syntax included.
        if path.endswith(".py") and not path.startswith("scenarios/"):
            self.check_python(path, text)
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if len(lines) > FILE_LINES_MAX:
            self.complain(path, len(lines), f"more than {FILE_LINES_MAX} lines")
        suppression = SUPPRESSIONS.get(os.path.splitext(path)[1])
        first = True
        previous = ""
        for number, line in enumerate(lines, start=1):
            if path.endswith((".c", ".h")):
                include = INCLUDE.match(line)
                if include:
                    self.check_include(path, number, include.group(1), include.group(2), first)
                    first = False
            if suppression and suppression.search(line) and not is_reasoned(line, previous):
                self.complain(path, number, "a suppression without its check or its reason")
            previous = line

    def check(self):
        for path in sources(self.root):
            self.check_file(path)
        for library, users in sorted(self.third_party_users.items()):
            if len(users) > 1:
                for path, number in sorted(users.items()):
                    others = ", ".join(sorted(set(users) - {path}))
                    self.complain(path, number, f"{library} is included by {others} too")


def main():
    checker = Checker(sys.argv[1] if len(sys.argv) > 1 else ".")
    checker.check()
    for finding in checker.findings:
        print(finding)
    return 1 if checker.findings else 0


if __name__ == "__main__":
    sys.exit(main())

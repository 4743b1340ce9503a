"""Which lines of the package ran, and from which to which, for coverage reports.

Only hosts that are asked to ("lines" of the configuration) note lines. They change nothing that a
function can see but sys.gettrace() and sys.getprofile(), and the steps of its runs are compared with
those noted before.
"""

import ast
import os
import sys
import threading
from dis import findlinestarts

from oncecheck_sources import Sources

TEXT_MAX = 256 << 10
FILES_MAX = 200
LEAVES = -1  # an arc to it: the frame ends there


class Lines:
    def __init__(self, package, wants_sources):
        self.package = package
        self.arcs = set()
        self.files = {}  # code object to its file, or None
        self.modules = set()  # names of those that have been looked at
        self.structure = {}  # name of a file to what there is to run in it
        self.wants_sources = wants_sources
        self.sources = Sources(package)

    def start(self):
        if self.wants_sources:
            self.sources.start()
        self.pass_over_calls()
        threading.settrace(self.enter)
        sys.settrace(self.enter)

    def pass_over_calls(self):
        """The SDK's thousands of frames for a call: being told of each costs more than the call."""
        from botocore.client import BaseClient

        original = BaseClient._make_api_call

        def _make_api_call(client, *args, **kwargs):
            tracing, profiling = sys.gettrace(), sys.getprofile()
            sys.settrace(None)
            sys.setprofile(None)
            try:
                return original(client, *args, **kwargs)
            finally:
                sys.setprofile(profiling)
                sys.settrace(tracing)

        BaseClient._make_api_call = _make_api_call

    def enter(self, frame, event, _argument):
        code = frame.f_code
        if code not in self.files:
            self.files[code] = self.package.relative(frame)
        file = self.files[code]
        return None if file is None else self.follow(file, frame.f_lineno)

    def follow(self, file, first):
        """A trace function for one frame."""
        arcs = self.arcs
        last = -first
        raised = False

        def trace(frame, event, _argument):
            nonlocal last, raised
            if event == "line":
                arcs.add((file, last, frame.f_lineno))
                last = frame.f_lineno
                raised = False
            elif event == "exception":
                raised = True
            elif event == "return" and not raised:
                arcs.add((file, last, LEAVES))
            return trace

        return trace

    def report(self):
        self.look_at_modules()
        structure = [self.structure[name] for name in sorted(self.structure)][:FILES_MAX]
        sources = self.sources.report()
        return {"files": structure, "arcs": sorted(self.arcs), "sources": sources}

    def look_at_modules(self):
        """Find out what there is to run in the package's files that have been loaded since."""
        for key, module in list(sys.modules.items()):
            if key in self.modules:
                continue
            self.modules.add(key)
            name = getattr(module, "__file__", None)
            if not isinstance(name, str) or not name.endswith(".py"):
                continue
            name = os.path.realpath(name)
            if name in self.structure or not name.startswith(self.package.folder):
                continue
            found = None if "-packages/" in name else self.describe(name)
            if found is not None:
                self.structure[name] = found
                if self.wants_sources:
                    self.sources.look_at(found)

    def describe(self, name):
        try:
            with open(name, encoding="utf-8") as file:
                text = file.read(TEXT_MAX + 1)
            if len(text) > TEXT_MAX:
                return None
            tree = ast.parse(text)
            lines = sorted(executable_lines(compile(text, name, "exec", dont_inherit=True)))
        except (OSError, SyntaxError, ValueError):
            return None
        functions = [
            [node.name, node.lineno, node.end_lineno]
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        return {
            "file": name[len(self.package.folder) :],
            "text": text,
            "lines": lines,
            "functions": sorted(functions, key=lambda function: function[1]),
            "branches": sorted(branches(tree)),
        }


def executable_lines(code):
    """Lines of a code object and of those within it; a def's own lines are its module's."""
    found = {line for _, line in findlinestarts(code) if line}
    if code.co_name != "<module>":
        found.discard(code.co_firstlineno)
    for constant in code.co_consts:
        if hasattr(constant, "co_firstlineno"):
            found |= executable_lines(constant)
    return found


def branches(tree):
    """First and last line of each test, and the first line of what it leads into."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)):
            last = node.test.end_lineno
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            last = node.iter.end_lineno
        else:
            continue
        body = node.body[0].lineno
        if body > last and not isinstance(getattr(node, "test", None), ast.Constant):
            yield [node.lineno, last, body]

"""Where a function's own code asks for what differs between invocations, for the report on
determinism: calls that were seen while it ran, and places in its code that may keep something or
depend on the order of a set.

Only hosts that note lines do this. A profile function sees every call, an audit hook every file
that is opened; neither changes what the function sees.
"""

import ast
import sys
import threading

import oncecheck_lambda

TIME_FUNCTIONS = frozenset(
    ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
    + ("localtime", "gmtime", "ctime", "strftime", "clock_gettime", "clock_gettime_ns")
)
DATETIME_FUNCTIONS = frozenset(("now", "utcnow", "today"))
# Modules whose functions, written in Python, draw when the function calls them.
DRAWING_MODULES = {"random": "random", "uuid": "uuid", "secrets": "random"}
DETERMINISTIC_UUIDS = frozenset(("uuid3", "uuid5", "UUID", "__init__", "__str__"))
ORDER_MATTERS_TO = frozenset(("list", "tuple", "enumerate", "iter", "next", "zip", "map", "dumps"))
MUTATORS = frozenset(
    ("append", "add", "update", "setdefault", "extend", "insert", "pop", "popitem", "remove")
    + ("discard", "clear", "appendleft")
)


class Sources:
    """`found` holds (kind, what, file, line, seen): see docs/interface.md."""

    def __init__(self, package):
        self.package = package
        self.found = set()
        self.in_code = set()

    def start(self):
        threading.setprofile(self.on_call)
        sys.setprofile(self.on_call)
        sys.addaudithook(self.on_audit)

    def note(self, kind, what, frame):
        file = self.package.relative(frame)
        if file is not None:
            self.found.add((kind, what, file, frame.f_lineno or 0, True))

    def on_call(self, frame, event, argument):
        if event == "c_call":
            described = describe_builtin(argument)
            if described is not None:
                self.note(*described, frame)
        elif event == "call" and frame.f_back is not None:
            described = describe_function(frame)
            if described is not None:
                self.note(*described, frame.f_back)

    def on_audit(self, event, arguments):
        if event != "open" or not isinstance(arguments[0], str):
            return
        # imports open files, too, where the package itself lies there
        frame = sys._getframe(1)
        if arguments[0].startswith("/tmp/") and frame.f_code.co_name != "<module>":
            self.note("tmp", "a file in /tmp", frame)

    def context(self, context):
        """The same context, whose request id is noted where it is read."""
        note = self.note

        class Context(oncecheck_lambda.Context):
            def __getattribute__(self, name):
                if name == "aws_request_id":
                    note("request_id", "context.aws_request_id", sys._getframe(1))
                elif name == "get_remaining_time_in_millis":
                    note("time", "context.get_remaining_time_in_millis", sys._getframe(1))
                return object.__getattribute__(self, name)

        context.__class__ = Context
        return context

    def look_at(self, file):
        """What a file's code says; `file` as in the report on lines."""
        self.in_code.update(sources_in_code(file["file"], file["text"]))

    def report(self):
        """Sorted."""
        return [list(source) for source in sorted(self.found | self.in_code)]


def describe_builtin(function):
    """Kind and name of a function in C that differs between invocations, or None."""
    name = getattr(function, "__name__", "")
    module = getattr(function, "__module__", None)
    owner = getattr(function, "__self__", None)
    if module == "time" and name in TIME_FUNCTIONS:
        return "time", f"time.{name}"
    if name in DATETIME_FUNCTIONS and isinstance(owner, type) and owner.__module__ == "datetime":
        return "time", f"datetime.{name}"
    if module == "posix" and name in ("urandom", "getrandom"):
        return "random", f"os.{name}"
    if module == "builtins" and name in ("hash", "id"):
        return "hash", name
    if name == "getrandbits":
        return "random", "random.getrandbits"
    return None


def describe_function(frame):
    """The same for a function in Python."""
    module = frame.f_globals.get("__name__")
    name = frame.f_code.co_name
    if module == "oncecheck_random" and name in ("random_", "uniform"):
        return "random", f"random.{name.rstrip('_')}"
    if module in DRAWING_MODULES and name not in DETERMINISTIC_UUIDS and name[0] != "_":
        return DRAWING_MODULES[module], f"{module}.{name}"
    return None


def sources_in_code(file, text):
    """Places where something may outlive an invocation, or the order of a set may matter."""
    tree = ast.parse(text)
    module_names = set(names_bound_in(tree.body))
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for what, line in kept_by(function, module_names):
            yield "global", what, file, line, False
        for line in sets_in_order(function):
            yield "set_order", "the order of a set", file, line, False


def names_bound_in(body):
    for statement in body:
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and not isinstance(statement, (ast.For, ast.Import)):
                yield target.id


def kept_by(function, module_names):
    """What the function changes of its module's names and of its default arguments."""
    declared, local, defaults = set(), set(), set()
    arguments = function.args.args + function.args.kwonlyargs
    local.update(argument.arg for argument in arguments)
    values = function.args.defaults
    for argument, value in zip(function.args.args[len(function.args.args) - len(values) :], values):
        if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Call)):
            defaults.add(argument.arg)
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            local.add(node.id)
    kept = (module_names - (local - declared)) | declared
    for node in ast.walk(function):
        name = changed_name(node)
        if name in defaults:
            yield f"the default argument {name}", node.lineno
        elif name in kept or (is_store(node) and node.id in declared):
            yield f"the global {name or node.id}", node.lineno


def is_store(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def changed_name(node):
    """The name of what `node` changes without binding it anew, or None."""
    changed = None
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        changed = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        changed = node.func.value if node.func.attr in MUTATORS else None
    elif isinstance(node, ast.AugAssign):
        changed = node.target
    return changed.id if isinstance(changed, ast.Name) else None


def sets_in_order(function):
    """Lines that go through a set, or make a list or a text of one, in its own order."""
    bound = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(is_set(node.value, {}))
    for node in ast.walk(function):
        if isinstance(node, (ast.For, ast.AsyncFor)) and is_set(node.iter, bound):
            yield node.lineno
        elif isinstance(node, (ast.ListComp, ast.DictComp)):
            if any(is_set(part.iter, bound) for part in node.generators):
                yield node.lineno
        elif isinstance(node, ast.Call) and node.args and orders(node.func):
            if any(is_set(argument, bound) for argument in node.args):
                yield node.lineno


def orders(function):
    if isinstance(function, ast.Attribute):
        return function.attr in ("join", "dumps", "extend")
    return isinstance(function, ast.Name) and function.id in ORDER_MATTERS_TO


def is_set(node, bound):
    if isinstance(node, (ast.Set, ast.SetComp)):
        return True
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Name) and any(bound.get(node.id, ()))

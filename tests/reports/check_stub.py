#!/usr/bin/env python3
"""Whether the stub in a generated pytest answers as oncecheck's DynamoDB did.

    check_stub.py TRACE.json TEST.py

The functions that the trace names are run through the test's schedule; each of their calls must be the
one recorded and get the answer recorded. A token that is made anew in every attempt may differ.
"""

import importlib.util
import json
import sys

import pytest


def without_token(body):
    return {name: value for name, value in body.items() if name != "ClientRequestToken"}


def check(pipeline, module, calls):
    """Follow the schedule and compare call by call."""
    reply_to = pipeline.reply_to
    made = []

    def record(function, request, fault):
        operation, body = request
        expected = calls[len(made)] if len(made) < len(calls) else None
        assert expected is not None, f"{operation} beyond what is recorded"
        target, recorded, answer = expected
        made.append(operation)
        assert target.endswith("." + operation), (len(made), target, operation)
        assert without_token(recorded) == without_token(body), (len(made), recorded, body)
        reply = reply_to(function, request, fault)
        if answer is None:  # of a write that arrives late nobody sees the answer
            return reply
        found = (reply.status, reply.body) if reply.lost is None else reply.lost
        wanted = (answer["status"], answer["body"]) if "status" in answer else answer["error"]
        if reply.status >= 400:
            found, wanted = [(s, b["__type"].rpartition("#")[2]) for s, b in (found, wanted)]
        assert found == wanted, (len(made), operation, found, wanted)
        return reply

    pipeline.reply_to = record
    for step in module.DATA["steps"]:
        pipeline.follow(step)
    assert len(made) == len(calls), f"{len(made)} calls of {len(calls)}"
    print(f"{len(calls)} calls as recorded")


def recorded_calls(path):
    """Target, body and answer of each call of a trace."""
    with open(path, encoding="utf-8") as stream:
        trace = json.load(stream)
    return [
        (step["request"]["target"], step["request"]["body"], step.get("answer"))
        for step in trace["steps"]
        if step["action"] in ("call", "arrive")
    ]


def load(path, name="generated"):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_pipeline(module, use):
    """Call `use` with the test's fixture."""
    patch = pytest.MonkeyPatch()
    try:
        fixture = module.fixture_pipeline
        use(getattr(fixture, "__wrapped__", fixture)(patch))
    finally:
        patch.undo()


def main():
    module = load(sys.argv[2])
    calls = recorded_calls(sys.argv[1])
    with_pipeline(module, lambda pipeline: check(pipeline, module, calls))


if __name__ == "__main__":
    main()

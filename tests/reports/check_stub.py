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
    answer = pipeline.database.answer
    made = []

    def record(operation, body):
        expected = calls[len(made)] if len(made) < len(calls) else None
        assert expected is not None, f"{operation} beyond what is recorded"
        target, request, status, answered = expected
        made.append(operation)
        assert target.endswith("." + operation), (len(made), target, operation)
        assert without_token(request) == without_token(body), (len(made), request, body)
        try:
            found = (200, answer(operation, body))
        except module.Refused as refusal:
            found = (400, refusal.body)
            assert answered["__type"].rpartition("#")[2] == refusal.code, (answered, refusal.body)
            raise
        assert found == (status, answered), (len(made), operation, found, status, answered)
        return found[1]

    pipeline.database.answer = record
    for step in module.DATA["steps"]:
        pipeline.follow(step)
    assert len(made) == len(calls), f"{len(made)} calls of {len(calls)}"
    print(f"{len(calls)} calls as recorded")


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        trace = json.load(stream)
    calls = [
        (step["request"]["target"], step["request"]["body"], step["answer"]["status"], step["answer"]["body"])
        for step in trace["steps"]
        if step["action"] == "call"
    ]
    spec = importlib.util.spec_from_file_location("generated", sys.argv[2])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    patch = pytest.MonkeyPatch()
    try:
        fixture = module.fixture_pipeline
        check(getattr(fixture, "__wrapped__", fixture)(patch), module, calls)
    finally:
        patch.undo()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Read an ITF trace back and compare it with the oncecheck trace it was made from.

    check_itf.py TRACE.json TRACE.itf.json

Each step's changes must lead from one state to the next, in the variables that the format documents.
"""

import json
import sys


def decode(value):
    """An ITF expression as Python data: #map becomes a dict, #bigint an int."""
    if isinstance(value, list):
        return [decode(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "#map" in value:
        return {decode(key): decode(element) for key, element in value["#map"]}
    if "#bigint" in value:
        return int(value["#bigint"])
    if "#unserializable" in value:
        return json.loads(value["#unserializable"])
    assert not any(key.startswith("#") for key in value), value
    return {key: decode(element) for key, element in value.items()}


def find(state, component):
    """What a state holds of a component of the trace, or None."""
    for name, table in state["tables"].items():
        if component.startswith(name + "/") and component[len(name) + 1 :] in table:
            return table[component[len(name) + 1 :]]
    log, _, index = component.rpartition("/")
    if log in state["logs"]:
        return state["logs"][log][int(index)] if int(index) < len(state["logs"][log]) else None
    return state["pollers"].get(component, state["others"].get(component))


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        trace = json.load(stream)
    with open(sys.argv[2], encoding="utf-8") as stream:
        itf = json.load(stream)
    assert itf["#meta"]["format"] == "ITF"
    states = [decode({key: value for key, value in state.items() if key != "#meta"}) for state in itf["states"]]
    assert len(states) == len(trace["steps"]) + 1
    changes = 0
    for index, state in enumerate(states):
        assert itf["states"][index]["#meta"]["index"] == index
        assert sorted(state) == sorted(itf["vars"]), sorted(state)
        assert state["step"] == index
    for step, before, after in zip(trace["steps"], states, states[1:]):
        assert after["actor"] == step["actor"] and after["action"] == step["action"]
        assert after["fault"] == (step["fault"] or "")
        for change in step["changes"]:
            changes += 1
            for state, expected in ((before, change["before"]), (after, change["after"])):
                found = find(state, change["component"])
                assert found == expected, (step["n"], change["component"], found, expected)
    assert changes > 0
    print(f"{len(states)} states, {changes} changes")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Whether generated pytests answer as recorded, fail on the faulty code and pass on the corrected.

    check_faults.py TRACE.json TEST.py FAULTY FIXED [TRACE.json TEST.py FAULTY FIXED ...]

FAULTY and FIXED are folders of solutions, as for $SOLUTION. All in one process, since loading boto3
takes longer than the tests.
"""

import os
import sys

from check_stub import check, load, recorded_calls, with_pipeline


def outcome(module, solution):
    """What the test says: None where it passes."""
    os.environ["SOLUTION"] = solution
    try:
        with_pipeline(module, module.test_every_message_is_counted_once)
    except AssertionError as error:
        return str(error).partition("\n")[0]
    return None


def main():
    for number in range(1, len(sys.argv), 4):
        trace, test, faulty, fixed = sys.argv[number : number + 4]
        module = load(test, f"generated_{number}")
        calls = recorded_calls(trace)
        os.environ["SOLUTION"] = faulty
        with_pipeline(module, lambda pipeline: check(pipeline, module, calls))
        assert outcome(module, faulty) is not None, f"{test} passes on the faulty code"
        said = outcome(module, fixed)
        assert said is None, f"{test} fails on the corrected code: {said}"
        print(f"{os.path.basename(test)} tells the two apart")


if __name__ == "__main__":
    main()

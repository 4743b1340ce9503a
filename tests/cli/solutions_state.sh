#!/usr/bin/env bash
# The solutions that change StateLambda, in Python with the real boto3: each gets its verdict, for its reason.
set -u
# shellcheck source=tests/support/solutions.bash
source "$(dirname "$0")/../support/solutions.bash"

verdict state-failed-condition-raised 1 "ConditionalCheckFailedException"
verdict state-insert-only 1 "T1 v1 is lost"
verdict state-newer-version-only 1 "is lost"
verdict state-no-condition 1 "T1 v1 is lost"
verdict state-put-item 0 "$any"
verdict state-read-then-write 1 "T1 v1 is lost"

# One throttle tells what becomes of an error that nobody expects.
throttled=(-s tests/cli/scenarios/single.yaml --fault throttle@StateLambda=1)
verdict state-errors-swallowed 1 "whose UpdateItem for it was refused" "${throttled[@]}"
verdict state-returns-500 1 "whose UpdateItem for it was refused" "${throttled[@]}"
verdict lab2 0 "for any number of faults" "${throttled[@]}"

[ "$failures" -eq 0 ]

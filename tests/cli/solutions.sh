#!/usr/bin/env bash
# The shipped solutions, in Python with the real boto3: each gets its verdict, for its reason.
set -u
cd "$(dirname "$0")/../.." || exit 1
oncecheck=${ONCECHECK:-build/oncecheck}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

verdict() { # SOLUTION EXPECTED-EXIT TEXT-OF-THE-OUTPUT [OPTION...]
    local name=$1 expected=$2 text=$3 status=0
    shift 3
    "$oncecheck" verify "scenarios/solutions/$name" -s tests/cli/scenarios/small.yaml "$@" \
        > "$scratch/out" 2> "$scratch/err" || status=$?
    if [ "$status" -eq "$expected" ] && grep -qF -- "$text" "$scratch/out"; then
        echo "ok $name"
    else
        echo "not ok $name: exit $status, expected $expected and '$text'"
        head -n 12 "$scratch/out" "$scratch/err"
        failures=$((failures + 1))
    fi
}

any="for any number of faults"
verdict lab2 0 "$any"
verdict lab1 1 "T1 v0 is still counted though a newer version replaces it; T1 v1 is lost"
verdict map-no-condition 0 "$any"
verdict map-old-image-ignored 1 "T1 v0 is still counted though a newer version replaces it"
verdict map-random-message-id 1 "is counted twice"
verdict reduce-marker-before 1 "is lost"
verdict reduce-marker-per-batch 0 "$any"
verdict reduce-marker-per-record 0 "$any"
verdict reduce-no-token 1 "and its retry wrote it again"
verdict reduce-random-token 1 "and its retry wrote it again"
verdict reduce-recompute 0 "for up to 1 fault" --faults 1
verdict reduce-seen-in-global 1 "and its retry wrote it again"
verdict reduce-token-64-characters 1 "ValidationException"
verdict reduce-update-per-key 1 "the aggregates are wrong"
verdict state-failed-condition-raised 1 "ConditionalCheckFailedException"
verdict state-insert-only 1 "T1 v1 is lost"
verdict state-newer-version-only 1 "is lost"
verdict state-no-condition 1 "T1 v1 is lost"
verdict state-put-item 0 "$any"
verdict state-read-then-write 1 "T1 v1 is lost"

[ "$failures" -eq 0 ]

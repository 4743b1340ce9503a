#!/usr/bin/env bash
# Solutions that change ReduceLambda, in Python with the real boto3: each gets its verdict, for its reason. `make corpus`
# has more of them, and other kinds of faults.
set -u
# shellcheck source=tests/support/solutions.bash
source "$(dirname "$0")/../support/solutions.bash"

verdict reduce-marker-before 1 "is lost"
verdict reduce-marker-per-batch 0 "$any"
verdict reduce-marker-per-record 0 "$any"
verdict reduce-no-token 1 "and its retry wrote it again"
verdict reduce-random-token 1 "and its retry wrote it again"
verdict reduce-seen-in-global 1 "and its retry wrote it again"
verdict reduce-token-64-characters 1 "ValidationException"
verdict reduce-update-per-key 1 "and its retry wrote it again"

[ "$failures" -eq 0 ]

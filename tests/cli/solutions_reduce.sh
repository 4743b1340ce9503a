#!/usr/bin/env bash
# The solutions that change ReduceLambda, in Python with the real boto3: each gets its verdict, for its reason.
set -u
# shellcheck source=tests/support/solutions.bash
source "$(dirname "$0")/../support/solutions.bash"

verdict reduce-marker-before 1 "is lost"
verdict reduce-marker-per-batch 0 "$any"
verdict reduce-marker-per-record 0 "$any"
verdict reduce-no-token 1 "and its retry wrote it again"
verdict reduce-random-token 1 "and its retry wrote it again"
verdict reduce-recompute 0 "for up to 1 fault" --faults 1
verdict reduce-seen-in-global 1 "and its retry wrote it again"
verdict reduce-token-64-characters 1 "ValidationException"
verdict reduce-update-per-key 1 "and its retry wrote it again"

# The kinds of faults that tell solutions apart which crashes do not.
calm=(--fault crash=0 --fault random_failure=0)
late=(--fault crash --fault random_failure=0 --fault delay@ReduceLambda=1 --longest-delay 11min)
verdict reduce-marker-per-batch 1 "the record came again in another batch" "${calm[@]}" --fault rebatch@ReduceLambda
verdict reduce-marker-per-record 0 "$any" "${calm[@]}" --fault rebatch@ReduceLambda
verdict reduce-marker-per-record 0 "$any" "${late[@]}"
verdict lab2 1 "and its retry wrote it again" "${late[@]}"
verdict reduce-no-token 1 "and its retry wrote it again" "${calm[@]}" --fault server_error@ReduceLambda

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# The labs' solutions and those that change MapLambda, in Python with the real boto3: each gets its verdict, for its reason.
set -u
# shellcheck source=tests/support/solutions.bash
source "$(dirname "$0")/../support/solutions.bash"

verdict lab2 0 "$any"
verdict lab1 1 "T1 v0 is still counted though a newer version replaces it; T1 v1 is lost"
verdict map-no-condition 0 "$any"
verdict map-old-image-ignored 1 "T1 v0 is still counted though a newer version replaces it"
verdict map-global-never-emptied 1 "what that one had left there, in globals or in /tmp"
verdict map-random-message-id 1 "is counted twice"

[ "$failures" -eq 0 ]

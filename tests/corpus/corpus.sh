#!/usr/bin/env bash
# Every solution of corpus.tsv gets its verdict, for its reason: folder, exit code, a text of the output, further options,
# with tabs between. In Python; the functions that solutions share run once.
set -u
# shellcheck source=tests/support/solutions.bash
source "$(dirname "$0")/../support/solutions.bash"
failures=0
while IFS=$'\t' read -r name expected text options; do
    # shellcheck disable=SC2086 # options are words
    verdict "$name" "$expected" "$text" $options
done < "$(dirname "$0")/corpus.tsv"
[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# --max-memory is what the kernel sees, hosts included; and what is done with is given back.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

peak_kb() { # EXPECTED-EXIT ARGUMENT...: into $peak
    local expected=$1 status=0
    shift
    /usr/bin/time -f %M -o "$scratch/peak" "$oncecheck" "$@" > "$scratch/out" 2> "$scratch/err" || status=$?
    peak=$(tail -1 "$scratch/peak")
    [ "$status" -eq "$expected" ] || { echo "exit $status, expected $expected: $*"; return 1; }
}

within_five_percent() { # MB: a search that needs more is stopped, and has not had more
    peak_kb 3 verify --handlers lab2 --no-db -q -s tests/benchmarks/scenarios/ten-puts.yaml --no-reduction=dead_data --max-memory "$1M" || return 1
    says "inconclusive: memory limit reached" || return 1
    [ "$((peak * 100))" -le "$(($1 * 1024 * 105))" ] || { echo "$peak KB of $1 MB"; return 1; }
}
for size in 16 40; do
    check "a search keeps within $size MB and 5 %" within_five_percent "$size"
done

# The processes of a Python function count too.
hosts_count() {
    run 3 verify scenarios/solutions/lab2 --no-db --no-cache -q -s audit --max-memory 48M && says "inconclusive: memory limit reached"
}
check "hosts count" hosts_count

flat() { # ten times the runs need no more memory
    local few
    peak_kb 0 verify --handlers lab2 --no-db -q --search random --runs 1000 || return 1
    few=$peak
    peak_kb 0 verify --handlers lab2 --no-db -q --search random --runs 10000 || return 1
    [ "$((peak * 100))" -le "$((few * 120))" ] || { echo "1,000 runs: $few KB, 10,000: $peak KB"; return 1; }
}
check "10,000 random runs in one process need what 1,000 need" flat

[ "$failures" -eq 0 ]

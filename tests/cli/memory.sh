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

# The processes of Python functions count too: those that wait for answers are given up when they
# take too much. Without a limit this takes 320 MB in 20 seconds.
hosts_within_five_percent() {
    /usr/bin/python3 - "$oncecheck" << 'END'
import os, subprocess, sys, time
limit_mb = 200

def read(path, name):
    try:
        return sum(int(line.split()[1]) for line in open(path) if line.startswith(name))
    except OSError: # it has ended
        return 0

def below(pid):
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in open(f"/proc/{pid}/task/{thread}/children").read().split():
                found += [child] + below(child)
    except OSError:
        pass
    return found

run = subprocess.Popen([sys.argv[1], "verify", "--handlers", "lab2", "--function", "MapLambda=scenarios/solutions/lab2/MapLambda",
                        "--no-db", "--no-cache", "-q", "-s", "lab2", "--time-limit", "5s", "--max-memory", f"{limit_mb}M"],
                       stdout=subprocess.DEVNULL)
peak = 0
while run.poll() is None:
    kb = read(f"/proc/{run.pid}/smaps_rollup", "Rss:") + sum(read(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in below(run.pid))
    peak = max(peak, kb)
    time.sleep(0.05)
assert run.returncode in (0, 3), run.returncode
assert limit_mb * 1024 / 4 < peak <= limit_mb * 1024 * 1.05, f"{peak} KB"
END
}
check "so does one of a Python function, with its processes" hosts_within_five_percent

hosts_count() { run 3 verify scenarios/solutions/lab2 --no-db --no-cache -q -s audit --max-memory 48M && complains "memory limit reached: the Python processes of"; }
check "what hosts need to start is said to be too much" hosts_count
audits_too() { run 3 audit scenarios/solutions/lab2 --no-cache --max-memory 48M && complains "memory limit reached"; }
check "by audit, too" audits_too
simulates_too() { run 3 simulate scenarios/solutions/lab2 --minutes 1 --max-memory 48M && complains "memory limit reached"; }
check "and by simulate" simulates_too

flat() { # ten times the runs need no more memory
    local few
    peak_kb 0 verify --handlers lab2 --no-db -q --search random --runs 1000 || return 1
    few=$peak
    peak_kb 0 verify --handlers lab2 --no-db -q --search random --runs 10000 || return 1
    [ "$((peak * 100))" -le "$((few * 120))" ] || { echo "1,000 runs: $few KB, 10,000: $peak KB"; return 1; }
}
check "10,000 random runs in one process need what 1,000 need" flat

[ "$failures" -eq 0 ]

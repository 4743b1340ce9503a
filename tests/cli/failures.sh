#!/usr/bin/env bash
# The n-th allocation, write, read or fork fails, the clock is set back, signals come at any time and
# hosts are killed: a correct result or a clear error, never a wrong verdict and never a crash.
# FAILURES_EVERY=1 tries each n, FAILURES_SIGNALS=200 that many signals of each kind, FAILURES_HOSTS=200 kills
# that many hosts; the default some.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
tries=12
signals=${FAILURES_SIGNALS:-12}
hosts=${FAILURES_HOSTS:-3}
gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -O1 -shared -fPIC -o "$scratch/fail_nth.so" \
    tests/cli/fail_nth.c || exit 1

cat > "$scratch/one.yaml" << END
scenario: one
template: $PWD/scenarios/workshop.yaml
workload:
  shards: 1
  messages: [{trade: T1, version: 0}]
  values: distinct
tables: {StateTable: {stream_shards: 1}, ReduceTable: {stream_shards: 1}}
faults: {crash: true, random_failure: true}
END

# One run of the reference of a lab, in C or (python) as its functions; prints its exit code.
attempt() { # LAB CALL N
    local status=0 what=(--handlers "$1")
    [ "$1" != python ] || what=(scenarios/solutions/lab2 --no-cache)
    rm -rf "$scratch/db"
    timeout 300 env FAIL_CALL="$2" FAIL_AT="$3" FAIL_COUNT="$scratch/count" \
        LD_PRELOAD="$scratch/fail_nth.so" "$oncecheck" verify "${what[@]}" -s "$scratch/one.yaml" --workers 1 --db "$scratch/db" \
        --json "$scratch/result.json" --trace "$scratch/trace.json" > "$scratch/out" 2> "$scratch/err" || status=$?
    echo "$status"
}

sound() { # LAB CALL EXPECTED-EXIT: each n, or some, up to the number of calls
    local lab=$1 call=$2 expected=$3 calls step n status
    [ "$(attempt "$lab" "$call" 0)" = "$expected" ] || { echo "without failures: $(cat "$scratch/err")"; return 1; }
    calls=$(cat "$scratch/count")
    [ "$calls" -gt 0 ] || { echo "no $call is called"; return 1; }
    step=$((calls / tries + 1))
    [ -z "${FAILURES_EVERY:-}" ] || step=$FAILURES_EVERY
    for ((n = 1; n <= calls; n += step)); do
        status=$(attempt "$lab" "$call" "$n")
        case $status in
        "$expected") ;;
        2 | 3)
            # the verdict on standard output, where it came so far, is right all the same
            [ -s "$scratch/err" ] || grep -q '^inconclusive' "$scratch/out" ||
                { echo "$call $n of $calls: exit $status without a word"; return 1; }
            ;;
        *)
            echo "$call $n of $calls: exit $status"
            cat "$scratch/err"
            return 1
            ;;
        esac
    done
}

check "lab2: a failing allocation never makes a wrong verdict" sound lab2 malloc 0
check "lab1: a failing allocation never makes a wrong verdict" sound lab1 malloc 1
check "python: a failing fork never makes a wrong verdict" sound python fork 0
for call in write pwrite fsync read; do
    check "lab2: a failing $call never makes a wrong verdict" sound lab2 $call 0
    check "lab1: a failing $call never makes a wrong verdict" sound lab1 $call 1
done

set_back() { # the clock, at each time that it is read: nothing changes
    local n calls
    [ "$(attempt lab1 clock 0)" = 1 ] || return 1
    calls=$(cat "$scratch/count")
    [ "$calls" -gt 0 ] || { echo "the clock is not read"; return 1; }
    for ((n = 1; n <= calls; n++)); do
        [ "$(attempt lab1 clock "$n")" = 1 ] || { echo "clock $n of $calls"; return 1; }
    done
}
check "a clock that is set back changes no verdict" set_back

host_killed() { # some process of a run's hosts, at different times
    local i status pid victims killed=0
    for ((i = 0; i < hosts; i++)); do
        "$oncecheck" verify scenarios/solutions/lab2 --no-cache --no-db -s "$scratch/one.yaml" \
            > "$scratch/out" 2> "$scratch/err" &
        pid=$!
        sleep "$((i % 4)).$((i * 37 % 100 / 10))"
        mapfile -t victims < <(pgrep -P "$pid")
        if [ ${#victims[@]} -gt 0 ] && kill -KILL "${victims[i % ${#victims[@]}]}" 2> /dev/null; then
            killed=$((killed + 1))
        fi
        status=0
        wait "$pid" || status=$?
        # A run that is killed has ended by itself, as far as oncecheck can tell, and does something else the
        # next time: that is what exit 4 says. Where its host is killed, the run fails: exit 2.
        case $status in
        0) ;;
        2 | 3 | 4) [ -s "$scratch/err" ] || { echo "exit $status without a word"; return 1; } ;;
        *) echo "exit $status"; return 1 ;;
        esac
    done
    [ "$killed" -gt 0 ] || { echo "no host was there to be killed"; return 1; }
}
check "a host that is killed never makes a wrong verdict" host_killed

interrupted() { # SIGNAL EXIT...: at different times; the database is whole afterwards
    local signal=$1 i status
    shift
    for ((i = 0; i < signals; i++)); do
        status=0
        { timeout --preserve-status -s "$signal" "0.$(printf %03d $((i * 20 % 240 + 10 + i / 12)))" "$oncecheck" verify --handlers lab2 \
            -s lab2 --db "$scratch/runs.db" > "$scratch/out" 2> "$scratch/err" || status=$?; } 2> /dev/null
        [[ " $* " == *" $status "* ]] || { echo "$signal: exit $status"; return 1; }
        [ ! -e "$scratch/runs.db" ] || run 0 runs --db "$scratch/runs.db" || return 1
    done
}
check "SIGINT ends a search as inconclusive" interrupted INT 0 3 130
check "SIGTERM too" interrupted TERM 0 3 143
check "SIGKILL leaves a database that can be read" interrupted KILL 0 137

[ "$failures" -eq 0 ]

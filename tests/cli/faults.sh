#!/usr/bin/env bash
# What each kind of faults does to the Lab 2 handlers: the table of docs/faults.md, worked out by hand.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

# KINDS (each with @FUNCTION, =CAP) | holds, or: violated FAULTS STEPS
rows='
timeout@StateLambda                  violated 1 8
timeout@MapLambda                    holds
timeout@ReduceLambda                 holds
throttle@StateLambda                 violated 3 12
throttle@StateLambda=2               holds
throttle@MapLambda                   violated 1 10
throttle@ReduceLambda                holds
server_error@StateLambda             violated 3 12
server_error@StateLambda=2           holds
server_error@MapLambda               violated 1 10
server_error@ReduceLambda            holds
lost_response@StateLambda            violated 1 7
lost_response@MapLambda              holds
lost_response@ReduceLambda           holds
late_write@StateLambda               violated 1 27
late_write@MapLambda                 holds
late_write@ReduceLambda              holds
transaction_conflict                 holds
stale_read                           holds
redeliver@StateLambda                holds
redeliver@MapLambda                  holds
redeliver@ReduceLambda               holds
redeliver@ReduceLambda,delay@ReduceLambda=1,--longest-delay=11min   violated 2 27
crash@ReduceLambda,delay@ReduceLambda=1,--longest-delay=11min       violated 2 25
rebatch@StateLambda                  holds
rebatch@MapLambda                    violated 1 29
rebatch@ReduceLambda                 violated 1 34
delay@StateLambda                    violated 1 4
delay@StateLambda,--longest-delay=61s        violated 1 8
delay@StateLambda,--longest-delay=31s        violated 2 9
delay@StateLambda=1,--longest-delay=31s      holds
delay@MapLambda                      violated 1 11
delay@MapLambda,--longest-delay=11min        holds
delay@ReduceLambda                   violated 1 17
delay@ReduceLambda,--longest-delay=11min     holds
put_failure                          holds
'

# "violated 1 8" of a result.
outcome() {
    /usr/bin/python3 - "$1" << 'PYTHON'
import json, sys
result = json.load(open(sys.argv[1]))
found = result["violation"]
print(result["verdict"] + (f" {found['faults']} {found['steps']}" if found else ""))
PYTHON
}

# The counterexample replays, and every report can show it.
reads_well() {
    local format
    "$oncecheck" replay "$scratch/trace" > /dev/null 2>&1
    [ $? -eq 1 ] || return 1
    for format in text html json junit sarif mermaid itf; do
        "$oncecheck" report "$scratch/trace" --format "$format" -o "$scratch/report" 2> "$scratch/err" ||
            return 1
    done
}

row() { # KINDS EXPECTED
    local options=(--fault crash=0 --fault random_failure=0) kind
    for kind in ${1//,/ }; do
        if [[ $kind == --* ]]; then options+=("$kind"); else options+=(--fault "$kind"); fi
    done
    "$oncecheck" verify --handlers lab2 -s tests/cli/scenarios/small.yaml --no-db "${options[@]}" \
        --json "$scratch/result" --trace "$scratch/trace" > "$scratch/out" 2> "$scratch/err"
    local found
    found=$(outcome "$scratch/result")
    [[ $found != violated* ]] || reads_well || found+=", which does not replay or has no report"
    if [ "$found" = "$2" ]; then
        echo "ok $1: $2"
    else
        echo "not ok $1: expected '$2', found '$found'"
        head -n 5 "$scratch/err"
        failures=$((failures + 1))
    fi
}

while read -r kinds expected; do
    [ -n "$kinds" ] && row "$kinds" "$expected"
done <<< "$rows"

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# Search checkpoints: a search that is killed and gone on with finds what an unbroken one finds.
# CHECKPOINT_KILLS=50 kills each search at that many times; the default some.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
kills=${CHECKPOINT_KILLS:-3}
saved=$scratch/saved

# The result without what depends on time.
rest() { # JSON
    /usr/bin/python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
print(json.dumps({key: result[key] for key in result if key != "runtime"}, sort_keys=True))' "$1"
}

verify() { # OPTION...: prints the exit code
    local status=0
    "$oncecheck" verify --no-db "$@" > "$scratch/out" 2> "$scratch/err" || status=$?
    echo "$status"
}

# Once without a break, then killed at times spread over as long as that took: each time gone on
# with, on another number of workers, from what was written last.
same_when_killed() { # SIGNAL OPTION...
    local signal=$1 status i began took_ms at resumed=0 from
    shift
    began=$(date +%s%N)
    status=$(verify "$@" --json "$scratch/result.json" --trace "$scratch/trace.json")
    took_ms=$((($(date +%s%N) - began) / 1000000))
    [ "$status" -le 1 ] || { echo "without a break: exit $status"; return 1; }
    rest "$scratch/result.json" > "$scratch/whole"
    [ "$status" = 0 ] || mv "$scratch/trace.json" "$scratch/whole.trace"
    for ((i = 0; i < kills; i++)); do
        rm -f "$saved" "$saved.part"
        at=$((took_ms * (2 * i + 1) / (2 * kills)))
        { timeout -s "$signal" "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))" "$oncecheck" verify --no-db "$@" --workers 1 \
            --checkpoint "$saved" --checkpoint-every 0.001 > "$scratch/out" 2> "$scratch/err"; } 2> /dev/null
        from=()
        if [ -e "$saved" ]; then
            from=(--resume "$saved")
            resumed=$((resumed + 1))
        fi
        [ "$(verify "$@" "${from[@]}" --json "$scratch/result.json" --trace "$scratch/trace.json")" = "$status" ] || return 1
        rest "$scratch/result.json" > "$scratch/again"
        cmp -s "$scratch/whole" "$scratch/again" || { echo "killed after $at ms: another result"; return 1; }
        [ "$status" = 0 ] || cmp -s "$scratch/whole.trace" "$scratch/trace.json" ||
            { echo "killed after $at ms: another counterexample"; return 1; }
    done
    [ "$resumed" -gt 0 ] || { echo "nothing was ever gone on with"; return 1; }
    [ "$signal" = KILL ] || [ ! -e "$saved.part" ] || { echo "$saved.part is left"; return 1; }
}
check "killed, a search that holds goes on to the same result" same_when_killed KILL --handlers lab2
check "interrupted, too" same_when_killed INT --handlers lab2 -v
check "known by fingerprints, too" same_when_killed TERM --handlers lab2 --fingerprints
check "one that finds a violation gets the same counterexample" same_when_killed KILL --handlers lab2 -s lab2-timeouts
check "and the same ones of all causes" same_when_killed KILL --handlers lab1 -s lab2-step2 --all-violations

# Stopped again and again, a few milliseconds further each time.
same_by_steps() {
    local i status=3 from=()
    [ "$(verify --handlers lab2 --json "$scratch/whole.json")" = 0 ] || return 1
    rm -f "$saved"
    for ((i = 1; i <= 40 && status == 3; i++)); do
        status=$(verify --handlers lab2 --max-states $((i * 300)) --checkpoint "$saved" "${from[@]}" --json "$scratch/again.json")
        from=(--resume "$saved")
    done
    [ "$i" -gt 5 ] && [ "$status" = 0 ] && [ "$(rest "$scratch/whole.json")" = "$(rest "$scratch/again.json")" ]
}
check "so does one that is stopped and gone on with many times" same_by_steps

# Keys get another form in the middle of a round (so many shards that numbers do not fit side by
# side): what a break in that round needs is written before. The period never ends here.
same_from_the_middle_of_a_round() {
    local what=(--handlers lab2 -s "$scratch/wide.yaml" --no-reduction=dead_data)
    cat > "$scratch/wide.yaml" << END
scenario: wide
template: $PWD/scenarios/workshop.yaml
workload:
  shards: 16
  messages:
    - {trade: T0, version: 0, shard: 0}
    - {trade: T1, version: 0, shard: 1}
    - {trade: T2, version: 0, shard: 2}
    - {trade: T3, version: 0, shard: 3}
    - {trade: T4, version: 0, shard: 4}
  values: distinct
tables: {StateTable: {stream_shards: 16}, ReduceTable: {stream_shards: 16, place: by_key}}
faults: {crash: true, random_failure: true}
END
    rm -f "$saved"
    [ "$(verify "${what[@]}" --json "$scratch/whole.json" --checkpoint "$saved" --checkpoint-every 1h)" = 0 ] || return 1
    [ -s "$saved" ] || { echo "nothing was written"; return 1; }
    [ "$(verify "${what[@]}" --resume "$saved" --json "$scratch/again.json")" = 0 ] || return 1
    [ "$(rest "$scratch/whole.json")" = "$(rest "$scratch/again.json")" ]
}
check "a round in which keys get another form can be gone on with" same_from_the_middle_of_a_round

# Functions in Python: what their trees know is gone on with, the rest is asked of hosts again.
python_too() {
    local what=(scenarios/solutions/lab2 -s audit --cache "$scratch/cache")
    rm -f "$saved"
    [ "$(verify "${what[@]}" --json "$scratch/whole.json")" = 0 ] || return 1
    [ "$(verify "${what[@]}" --max-states 40 --checkpoint "$saved")" = 3 ] || return 1
    [ "$(verify "${what[@]}" --resume "$saved" --json "$scratch/again.json")" = 0 ] || return 1
    [ "$(rest "$scratch/whole.json")" = "$(rest "$scratch/again.json")" ]
}
check "functions in Python, too" python_too

refused() { # MESSAGE OPTION...
    local message=$1
    shift
    run 2 verify --no-db "$@" --resume "$saved" && complains "$message"
}
rm -f "$saved"
check "a limit writes one" run 3 verify --no-db --handlers lab2 --max-states 500 --checkpoint "$saved"
check "another scenario is refused" refused "the scenario differs (found lab2-timeouts" --handlers lab2 -s lab2-timeouts
check "other code is refused" refused "the code of StateLambda differs (found lab1, expected lab2)" --handlers lab1
check "another template is refused" refused "the template differs" --handlers lab2 -t scenarios/workshop-lab1.yaml
check "other settings are refused" refused "--set or --parameter differs" --handlers lab2 --set BatchSize=1
check "other faults are refused" refused "--faults, --fault or --longest-delay differs" --handlers lab2 --fault timeout=1
check "another reduction is refused" refused "--no-reduction differs" --handlers lab2 --no-reduction=dead_data
check "another form of states is refused" refused "--fingerprints differs (found on, expected off)" --handlers lab2 --fingerprints
check "a file that is not there is refused" run 2 verify --no-db --handlers lab2 --resume "$scratch/none"
check "with its name" complains "$scratch/none"
check "no search checkpoint is refused" run 2 verify --no-db --handlers lab2 --resume scenarios/lab2.yaml
check "with what it is" complains "is no such file as this program writes"

# Each kind of damage: a byte changed somewhere, a file cut off somewhere, something behind its end.
damaged() { # WHAT BYTE...
    local damage=$1 at
    shift
    cp "$saved" "$scratch/good"
    for at in "$@"; do
        cp "$scratch/good" "$saved"
        case $damage in
        changed) /usr/bin/python3 -c 'import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2])); byte = file.read(1)[0]
    file.seek(int(sys.argv[2])); file.write(bytes([byte ^ 0x10]))' "$saved" "$at" ;;
        cut) truncate -s "$at" "$saved" ;;
        longer) echo more >> "$saved" ;;
        esac
        refused "$saved" --handlers lab2 || { echo "$damage at $at: accepted"; return 1; }
    done
    cp "$scratch/good" "$saved"
}
size=$(stat -c %s "$saved")
check "a changed byte is noticed" damaged changed 3 40 60 5000 $((size / 2)) $((size - 1))
check "a file that is cut off, too" damaged cut 0 10 32 40 $((size / 2)) $((size - 1))
check "and one that is longer" damaged longer 0
check "the good one is taken" run 0 verify --no-db --handlers lab2 --resume "$saved"

nowhere() { # a search checkpoint that cannot be written is said, and the verdict comes all the same
    run 0 verify --no-db --handlers lab2 --checkpoint "$scratch/no/folder" --checkpoint-every 0.001 &&
        complains "warning: cannot write $scratch/no/folder"
}
check "a folder that is not there is a warning" nowhere
full() { run 0 verify --no-db --handlers lab2 --checkpoint /dev/full/x --checkpoint-every 0.001 && complains "warning: cannot write"; }
check "so is a place where nothing can be written" full
check "a random search has none" run 2 verify --no-db --handlers lab2 --search random --checkpoint "$saved"
check "which is said" complains "--checkpoint and --search random: give one or the other"
check "a period needs a file" run 2 verify --no-db --handlers lab2 --checkpoint-every 1s

[ "$failures" -eq 0 ]

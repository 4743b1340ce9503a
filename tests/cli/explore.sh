#!/usr/bin/env bash
# replay --explore: the next step is chosen by number, from a pipe; the path is a trace that replays.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

small=tests/cli/scenarios/small.yaml

explore() { # EXIT HANDLERS COMMANDS ARGUMENTS...: commands with spaces between, _ for a space
    local expected=$1 handlers=$2 lines=$3
    shift 3
    # shellcheck disable=SC2086 # words
    printf '%s\n' $lines | tr _ ' ' > "$scratch/lines"
    run "$expected" replay --explore "$small" --handlers "$handlers" "$@" < "$scratch/lines"
}

right() {
    explore 0 lab2 "1 1 finish why" --trace "$scratch/right.json" &&
        says "StateLambda/shard-0      gets a batch of 1: T1 v0" && says "nothing can happen any more" &&
        says "nothing is wrong at any end" && run 0 replay "$scratch/right.json" --require-same &&
        says "each as recorded" && is "$scratch/right.json" "r['violation']" None &&
        run 2 report "$scratch/right.json" && complains "nothing is wrong at the end of this path"
}
check "a right path is saved and replays" right

# the number of the possibility that a line of the last output gives
number_of() { grep -F -- "$1" "$scratch/out" | tail -1 | sed 's/^ *\([0-9]*\) .*/\1/'; }

# Choose by what is said, not by number, until the list of words is empty.
choose() {
    local lines=possible number
    for words in "$@"; do
        explore "$before" lab1 "$lines" || return 1
        number=$(number_of "${words//_/ }")
        [ -n "$number" ] || { echo "not possible: $words"; return 1; }
        lines="$lines $number"
    done
    chosen=$lines
}

wrong() {
    local before=1 # lab1 loses updates in some order, wherever the path stands
    choose "puts_T1_v0" "puts_T1_v1" "StateLambda/shard-1" "StateLambda/shard-1" &&
        explore 1 lab1 "$chosen why" --trace "$scratch/wrong.json" && says "violated: exactly_once" &&
        says "steps saved, to where it is wrong" && run 1 replay "$scratch/wrong.json" --require-same &&
        is "$scratch/wrong.json" "r['violation']['steps'] == len(r['steps']) > 4" True &&
        is "$scratch/wrong.json" "[s['actor'] for s in r['steps'][:3]]" "['Generator', 'Generator', 'StateLambda/shard-1#1']" &&
        run 0 report "$scratch/wrong.json" --format html && says "T1"
}
check "a path that can go wrong is saved to where it is wrong" wrong

undone() {
    explore 0 lab2 "1 undo 1 path" && [ "$(grep -c 'puts T1 v0' "$scratch/out")" -ge 4 ] &&
        says_like "at the start: nothing has happened yet" &&
        explore 0 lab2 "1 1 1 state_Incoming diff bogus 99 help quit" && says "IncomingDataStream" &&
        says "found 'bogus'" && says "found '99', expected a number from 1 to"
}
check "steps are taken back, the state is shown, nonsense is answered" undone

faults() {
    explore 1 lab2 "1 1 1 2 3 why" --fault timeout=1 --trace "$scratch/late.json" && says "[fault: timeout]" &&
        says "violated: exactly_once" && is "$scratch/late.json" "r['violation']['faults']" 1 &&
        run 1 replay "$scratch/late.json" --require-same
}
check "faults can be chosen" faults

refused() {
    run 2 replay --explore "$small" && complains "needs a SOLUTION" &&
        run 2 replay --explore "$small" --handlers lab2 -i && complains "--interactive" &&
        run 2 replay "$scratch/right.json" --fault crash && complains "replay --explore" &&
        run 2 replay --explore nowhere --handlers lab2 && complains "nowhere"
}
check "what does not go together is refused" refused

[ "$failures" -eq 0 ]

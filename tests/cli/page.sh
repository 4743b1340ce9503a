#!/usr/bin/env bash
# What verify and report say about why something happened: causes, defences, steps that matter, the ledger, the page's file.
# (What the page does is tested in a browser: tests/browser.)
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

counted_twice() {
    run 1 verify --handlers lab1 -s lab2-step2 --no-db --trace "$scratch/t.json" --html "$scratch/t.html" &&
        says_like "^  why: ReduceLambda/shard-[01] wrote T1 v0 to the aggregates \(step [0-9]+\), (failed|crashed) before its batch was acknowledged \(step [0-9]+\), and its retry wrote it again \(step [0-9]+\)$" &&
        says_like "^  missing: A ClientRequestToken made from the batch's records, the same in every attempt\." &&
        says_like "TransactWriteItems of 4 actions, a new token in every attempt: done  <- written$" &&
        says_like "TransactWriteItems of 4 actions, a new token in every attempt: done  <- written again$"
}
check "a repeated commit is explained" counted_twice

old_version_wins() {
    run 1 verify --handlers lab1 -s lab2-step1 --no-db &&
        says_like "^  why: StateLambda/shard-[01] wrote T1 v0 over T1 v1 \(of step [0-9]+\) in StateTable/T1 \(step [0-9]+\): the old value won$" &&
        says_like "^  missing: A condition on the UpdateItem of step [0-9]+ itself"
}
check "an old version written over a newer one is explained" old_version_wins

ledger() {
    run 0 report "$scratch/t.json" && says_like "^  the way of T1 v0$" && says_like "put as IncomingDataStream/shard-0/0$" &&
        says_like "MapLambda/shard-0#1 writes ReduceTable/[0-9a-f]+\.\.\.; stream record ReduceTable/stream-[01]/0$" &&
        says_like "the aggregates now count it 2 times, before 1$"
}
check "the ledger follows a message" ledger

same_page() {
    run 0 report "$scratch/t.json" --format html && cmp "$scratch/out" "$scratch/t.html" &&
        run 0 report "$scratch/t.json" --format html && cmp "$scratch/out" "$scratch/t.html"
}
check "verify and report write the same page, byte by byte" same_page

no_page() {
    run 0 verify --handlers lab2 -s calm --no-db --html "$scratch/none.html" && [ ! -e "$scratch/none.html" ]
}
check "no counterexample, no page" no_page

no_older_fields() { # a trace of an earlier version lacks what only readers use
    /usr/bin/python3 - "$scratch/t.json" "$scratch/old.json" << 'PYTHON'
import json, sys
trace = json.load(open(sys.argv[1]))
for name in ("initial", "choices", "enabled", "sources"):
    del trace[name]
for name in ("defence", "key_steps", "counted_at"):
    del trace["violation"][name]
json.dump(trace, open(sys.argv[2], "w"))
PYTHON
    run 0 report "$scratch/old.json" --format html && says_like "<title>T1 v0 is counted twice - oncecheck</title>" &&
        run 1 replay "$scratch/old.json" && says_like "each as recorded"
}
check "a trace without what surrounds its steps is shown and replayed" no_older_fields

step_by_step() {
    printf '\n5\nback\ng 99\nstate tokens/\nstate StateLambda/shard\nposs\nwhy\nnonsense\nq\nnext\n' > "$scratch/in"
    run 1 replay --interactive "$scratch/t.json" < "$scratch/in" && cat > "$scratch/expected" << 'TEXT' &&
at the start: nothing has happened yet
    1   Generator                puts T1 v0 (value 1) on IncomingDataStream, shard 0
    5   StateLambda/shard-0#1    draws random.uniform(0, 100): highest value
    4   StateLambda/shard-0#1    reads the clock: 0.000 s after the start
found '99', expected a step from 0 to 22
nothing here is named 'tokens/'
  StateLambda/shard-0: batch 1, invocation "draw", stream checkpoint 0
  > StateLambda/shard-0      draws random.uniform(0, 100): highest value
    StateLambda/shard-0      draws random.uniform(0, 100): lowest value; it raises Exception: Random failure, introduced on purpose  [fault: random_failure]
TEXT
        head -9 "$scratch/out" | diff "$scratch/expected" - && says_like "^violated: exactly_once: T1 v0 is counted twice$" &&
        [ "$(tail -1 "$scratch/out")" = "found 'nonsense'; \`help\` lists what there is" ]
}
check "replay goes step by step" step_by_step

to_the_end() { # input that ends is a way to leave; what a batch did is marked
    run 1 replay -i "$scratch/t.json" < /dev/null && says_like "^at the start" &&
        echo 22 | "$oncecheck" replay -i "$scratch/t.json" | grep -q "^   22 " &&
        run 2 replay -i "$scratch/t.json" --json "$scratch/x" && grep -q "give one or the other" "$scratch/err"
}
check "the input's end is the session's" to_the_end

[ "$failures" -eq 0 ]

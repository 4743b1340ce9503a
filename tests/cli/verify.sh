#!/usr/bin/env bash
# `oncecheck verify` and `replay` as a user runs them, with the C reference handlers (no Python).
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

holds_for_any_number() {
    run 0 verify --handlers lab2 --json "$scratch/r.json" && says "holds: every message is counted exactly once" &&
        says "for any number of faults of the kinds crash and random_failure" &&
        is "$scratch/r.json" "r['verdict']" holds && is "$scratch/r.json" "r['bound']['any_number_proved']" True &&
        is "$scratch/r.json" "r['bound']['messages']" 5 && is "$scratch/r.json" "len(r['statistics']['valuations'])" 5
}
check "lab2 holds for any number of faults" holds_for_any_number

bounded() {
    run 0 verify --handlers lab2 --faults 1 --json "$scratch/r.json" && says "for up to 1 fault of the kinds" &&
        is "$scratch/r.json" "r['bound']['faults']" 1 && is "$scratch/r.json" "r['bound']['any_number_proved']" False
}
check "a bound on faults is said and is no proof for any number" bounded

same_ends_without_reductions() {
    run 0 verify --handlers lab2 -s duplicates --json "$scratch/a.json" &&
        run 0 verify --handlers lab2 -s duplicates --no-reduction --json "$scratch/b.json" &&
        [ "$(field "$scratch/a.json" "r['statistics']['handler_events']")" = \
          "$(field "$scratch/b.json" "r['statistics']['handler_events']")" ]
}
check "the plain search meets the same events and holds too" same_ends_without_reductions

counterexample() {
    run 1 verify --handlers lab1 -s lab2-step2 --trace "$scratch/t.json" --json "$scratch/r.json" &&
        says "is counted twice" && says "why: ReduceLambda/shard-" && says "[fault: " &&
        is "$scratch/r.json" "r['violation']['property']" exactly_once &&
        is "$scratch/r.json" "r['violation']['faults']" 1 &&
        is "$scratch/r.json" "[m['counted'] for m in r['violation']['messages']]" "[2]"
}
check "lab1 counts twice after one fault" counterexample

replayed() {
    run 1 replay "$scratch/t.json" --json "$scratch/p.json" && says "each as recorded" && says "is counted twice" &&
        is "$scratch/p.json" "r['same_steps']" True && is "$scratch/p.json" "r['violation']['property']" exactly_once
}
check "the counterexample replays" replayed

repaired() {
    sed 's/"handlers": "lab1"/"handlers": "lab2"/' "$scratch/t.json" > "$scratch/repaired.json"
    run 0 replay "$scratch/repaired.json" && says "The code is not the one" && says "Nothing is wrong any more" &&
        run 2 replay --require-same "$scratch/repaired.json" && complains "--require-same"
}
check "with other code the replay says so and whether it is repaired" repaired

tampered() {
    head -c 2000 "$scratch/t.json" > "$scratch/cut.json"
    run 2 replay "$scratch/cut.json" && complains "cut.json:" &&
        sed 's|oncecheck-trace/1|oncecheck-trace/9|' "$scratch/t.json" > "$scratch/newer.json" &&
        run 2 replay "$scratch/newer.json" && complains "oncecheck-trace/9" &&
        sed 's/"action": "crash"/"action": "explode"/; s/"action": "poll"/"action": "explode"/' "$scratch/t.json" \
            > "$scratch/odd.json" && run 2 replay "$scratch/odd.json" && complains "the name of an action"
}
check "a truncated, newer or edited trace is refused with a reason" tampered

deterministic() {
    run 1 verify --handlers lab1 --json "$scratch/a.json" --trace "$scratch/ta.json" &&
        run 1 verify --handlers lab1 --json "$scratch/b.json" --trace "$scratch/tb.json" &&
        cmp -s "$scratch/ta.json" "$scratch/tb.json" &&
        [ "$(field "$scratch/a.json" "[r.pop('runtime'), r.pop('trace')] and sorted(r.items(), key=str)")" = \
          "$(field "$scratch/b.json" "[r.pop('runtime'), r.pop('trace')] and sorted(r.items(), key=str)")" ]
}
check "two runs give the same result and trace, times aside" deterministic

timeouts() {
    run 1 verify --handlers lab2 -s lab2-timeouts && says "is lost" && says "times out here, 180 s pass" &&
        run 0 verify --handlers lab2 -s lab2-timeouts --check-expect -q
}
check "a timeout of StateLambda loses its records" timeouts

limits() {
    run 3 verify --handlers lab2 --max-states 100 && says "inconclusive: --max-states reached" &&
        run 3 verify --handlers lab2 --max-memory 1M && says "inconclusive: memory limit reached"
}
check "a limit reached is inconclusive, never a proof" limits

# But for what a run takes.
without_runtime() {
    /usr/bin/python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
del result["runtime"]
print(json.dumps(result, sort_keys=True))' "$1"
}

any_number_of_workers() {
    local first=
    for workers in 1 2 5; do
        run 1 verify --handlers lab1 --workers "$workers" --no-db --json "$scratch/w.json" \
            --trace "$scratch/w$workers.trace" || return 1
        without_runtime "$scratch/w.json" | sed 's/w[0-9].trace//' >"$scratch/w$workers.json"
        [ -n "$first" ] || first=$workers
        cmp "$scratch/w$first.json" "$scratch/w$workers.json" &&
            cmp "$scratch/w$first.trace" "$scratch/w$workers.trace" || return 1
    done
}
check "the result is the same for any number of workers" any_number_of_workers

by_fingerprints() {
    # of counterexamples that are equally short it may be another one: states are found in another order
    local shown="r['violation']['property'], r['violation']['faults'], r['violation']['steps']"
    run 1 verify --handlers lab1 --no-db --json "$scratch/exact.json" &&
        run 1 verify --handlers lab1 --no-db --fingerprints --json "$scratch/f.json" &&
        is "$scratch/f.json" "$shown" "$(field "$scratch/exact.json" "$shown")" &&
        run 0 verify --handlers lab2 --no-db --fingerprints --json "$scratch/f.json" &&
        is "$scratch/f.json" "0 < r['statistics']['miss_probability'] < 1e-9" True
}
check "fingerprints find the same and say how likely they miss something" by_fingerprints

says_what_multiplies() {
    run 0 verify --handlers lab2 --no-db -v && says "what multiplies the" &&
        says "what to lower: the states of the same search with" && says "--fault crash=0" &&
        cp "$scratch/out" "$scratch/one" &&
        run 0 verify --handlers lab2 --no-db -v --workers 3 &&
        diff <(grep -A99 "what multiplies" "$scratch/one") <(grep -A99 "what multiplies" "$scratch/out")
}
check "-v says what multiplies the states and what to lower" says_what_multiplies

bad_usage() {
    run 2 verify --handlrs lab2 && complains "did you mean --handlers" &&
        run 2 verify nosuch && complains "nosuch: no such folder" &&
        run 2 verify && complains "needs a SOLUTION" &&
        run 2 verify --handlers lab2 some && complains "one or the other" &&
        run 2 verify --handlers lab2 --fault crsh && complains "did you mean 'crash'" &&
        run 2 verify --handlers lab2 --fault throtle && complains "did you mean 'throttle'" &&
        run 2 verify --handlers lab2 --max-states 0 && complains "--max-states" &&
        run 2 verify --handlers lab2 --search dice && complains "expected exhaustive or random" &&
        run 2 verify --handlers lab2 --workers 1000 && complains "a number from 1 to 256" &&
        run 2 grade && complains "grade needs a DIR" &&
        run 2 verify --handlers lab2 -s nosuch && complains "no scenario 'nosuch'" &&
        run 2 verify --handlers lab2 -s nosuch --json "$scratch/e.json" &&
        is "$scratch/e.json" "r['verdict']" error
}
check "bad usage is exit 2 with what was found and what was expected" bad_usage

bad_scenario() {
    sed 's/copies/coppies/' scenarios/lab2.yaml > "$scratch/bad.yaml"
    cp scenarios/workshop.yaml "$scratch/"
    run 2 verify --handlers lab2 -s "$scratch/bad.yaml" && complains "bad.yaml:13:" && complains "did you mean 'copies'"
}
check "a misspelt key has its file, line and column" bad_scenario


listed() { run 0 scenarios && says "lab2 " && says "calm " && run 0 --help && says "verify" && run 0 --version; }
check "scenarios, help and version" listed

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# verify --all-violations: one counterexample of each cause, the same for any number of workers, and
# each of them shown, written, recorded, compared and exported.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

small=tests/cli/scenarios/small.yaml
keys="[(v['key'], v['faults']) for v in r['violations']]"

# RESULT: all but its runtime, in one line
lasting() { field "$1" "json.dumps({k: v for k, v in r.items() if k != 'runtime'}, sort_keys=True)"; }

found() {
    run 1 verify --handlers lab1 -s "$small" --all-violations --json "$scratch/all.json" \
        --trace "$scratch/bug.json" --html "$scratch/bug.html" --sarif "$scratch/all.sarif" &&
        says_like "^[0-9]+ distinct causes with at most 1 fault \(--faults N for more\):$" &&
        says_like "1\. exactly_once: lost, an old version counted, StateLambda \(0 faults\)" &&
        says_like "2\. exactly_once: counted twice, ReduceLambda \(1 fault\)" &&
        says_like "^2 of [0-9]+ violated: exactly_once: T1 v1 is counted twice$" &&
        says "replay it: oncecheck replay $scratch/bug-2.json" && silent
}
check "every cause is shown" found

listed() {
    is "$scratch/all.json" "r['all_violations'], r['bound']['faults']" "(True, 1)" &&
        is "$scratch/all.json" "len({v['key'] for v in r['violations']}) == len(r['violations']) > 1" True &&
        is "$scratch/all.json" "{k: v for k, v in r['violations'][0].items() if k not in ('key', 'trace')} == r['violation']" True &&
        is "$scratch/all.json" "[v['faults'] for v in r['violations']] == sorted(v['faults'] for v in r['violations'])" True &&
        is "$scratch/all.json" "[v['trace'] for v in r['violations']][:2]" \
            "['$scratch/bug.json', '$scratch/bug-2.json']" &&
        is "$scratch/all.json" "all(json.load(open(v['trace']))['violation']['summary'] == v['summary'] for v in r['violations'])" True &&
        is "$scratch/all.sarif" "len(r['runs'][0]['results'])" "$(field "$scratch/all.json" "len(r['violations'])")" &&
        [ -s "$scratch/bug-2.html" ] && ! cmp -s "$scratch/bug.html" "$scratch/bug-2.html"
}
check "every cause is in the result and in files of its own" listed

replayed() {
    for trace in "$scratch"/bug*.json; do
        run 1 replay "$trace" && says_like "each as recorded" || return 1
    done
}
check "each counterexample replays" replayed

first() {
    run 1 verify --handlers lab1 -s "$small" --trace "$scratch/first.json" -q --no-db &&
        cmp "$scratch/first.json" "$scratch/bug.json"
}
check "the first is the one without the option" first

same() {
    local expected
    expected=$(lasting "$scratch/all.json")
    for workers in 1 3; do
        run 1 verify --handlers lab1 -s "$small" --all-violations --workers "$workers" --no-db -q \
            --json "$scratch/again.json" --trace "$scratch/bug.json" &&
            [ "$(lasting "$scratch/again.json")" = "$expected" ] || return 1
    done
    run 1 verify --handlers lab1 -s "$small" --all-violations --no-reduction --no-db -q --json "$scratch/full.json" &&
        is "$scratch/full.json" "sorted($keys)" "$(field "$scratch/all.json" "sorted($keys)")"
}
check "workers and reductions change no cause" same

recorded() {
    run 0 runs show 1 --json "$scratch/run.json" --trace "$scratch/kept.json" && says "T1 v1 is counted twice" &&
        cmp "$scratch/kept.json" "$scratch/bug.json" && cmp "$scratch/kept-2.json" "$scratch/bug-2.json" &&
        is "$scratch/run.json" "r['all_violations'], len(r['violations'])" \
            "(True, $(field "$scratch/all.json" "len(r['violations'])"))" &&
        run 0 verify --handlers lab2 -s "$small" --all-violations -q &&
        run 0 runs compare 1 last && says_like "resolved +exactly_once: counted twice, ReduceLambda" &&
        run 1 runs compare last 1 --fail-on-violation && says_like "new +exactly_once: counted twice, ReduceLambda"
}
check "the run database holds all, and compares them" recorded

nothing_wrong() {
    run 0 verify --handlers lab2 -s "$small" --all-violations --no-db --json "$scratch/r.json" &&
        is "$scratch/r.json" "r['verdict'], r['violations'], r['all_violations'], r['bound']['any_number_proved']" \
            "('holds', [], True, True)"
}
check "where nothing is wrong the proof is the same" nothing_wrong

cut_short() {
    run 1 verify --handlers lab1 -s "$small" --all-violations --max-states 300 --no-db --json "$scratch/cut.json" &&
        says "there may be more" && is "$scratch/cut.json" "r['all_violations']" False
}
check "a search that is cut short says so" cut_short

random() { run 2 verify --handlers lab1 --search random --all-violations && complains "--all-violations is for --search exhaustive"; }
check "a random search looks for one" random

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# `oncecheck verify --search random` as a user runs it, with the C reference handlers (no Python).
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

random() { # EXPECTED-EXIT ARGUMENTS...
    local expected=$1
    shift
    run "$expected" verify --search random --no-db "$@"
}

without_runtime() { # FILE: the result but for what may differ
    field "$1" "{k: v for k, v in r.items() if k != 'runtime'}"
}

samples() {
    random 0 --handlers lab2 --runs 2000 --json "$scratch/r.json" &&
        says "sampled: nothing wrong was found in 2000 runs drawn by walk from seed 1" && says "proves nothing" &&
        is "$scratch/r.json" "r['verdict'], r['exit_code'], r['search'], r['seed']" "('sampled', 0, 'random', 1)" &&
        is "$scratch/r.json" "r['sampling']['runs'], r['sampling']['cut_off'], r['sampling']['run']" "(2000, 0, None)" &&
        is "$scratch/r.json" "r['bound']['any_number_proved']" False
}
check "what is right is sampled, which is said to be no proof" samples

finds() { # HANDLERS SCENARIO STRATEGY PROPERTY
    random 1 --handlers "$1" -s "$2" --strategy "$3" --trace "$scratch/t.json" --json "$scratch/r.json" &&
        says "found in run" && says "shrunk to" && says "no single one of these can be left out" &&
        is "$scratch/r.json" "r['violation']['property']" "$4" && is "$scratch/r.json" "r['search']" random &&
        is "$scratch/t.json" "r['sampling']['strategy'], r['seed']" "('$3', 1)" &&
        run 1 replay "$scratch/t.json" && says "each as recorded"
}
for strategy in walk pct swarm; do
    check "$strategy finds a double count" finds lab1 lab2-step2 $strategy exactly_once
    check "$strategy finds what a timeout loses" finds lab2 lab2-timeouts $strategy exactly_once
done

small() { # as small as the exhaustive search's
    run 1 verify --no-db --handlers lab2 -s lab2-timeouts --json "$scratch/e.json" &&
        random 1 --handlers lab2 -s lab2-timeouts --json "$scratch/r.json" &&
        [ "$(field "$scratch/e.json" "r['violation']['steps'], r['violation']['faults']")" = \
          "$(field "$scratch/r.json" "r['violation']['steps'], r['violation']['faults']")" ] &&
        is "$scratch/r.json" "[r['sampling']['shrunk']['to'][k] for k in ('faults', 'puts')], r['sampling']['shrunk']['minimal']" \
            "([1, 1], True)"
}
check "a counterexample is shrunk to what it needs" small

same_bytes() {
    local strategy
    for strategy in walk pct swarm; do
        random 1 --handlers lab1 -s lab2-step2 --strategy $strategy --seed 7 --workers 1 --json "$scratch/1.json"
        random 1 --handlers lab1 -s lab2-step2 --strategy $strategy --seed 7 --workers 3 --json "$scratch/3.json"
        [ "$(without_runtime "$scratch/1.json")" = "$(without_runtime "$scratch/3.json")" ] || return 1
        random 0 --handlers lab2 --strategy $strategy --runs 500 --workers 1 --json "$scratch/1.json"
        random 0 --handlers lab2 --strategy $strategy --runs 500 --workers 3 --json "$scratch/3.json"
        [ "$(without_runtime "$scratch/1.json")" = "$(without_runtime "$scratch/3.json")" ] || return 1
    done
}
check "the same bytes on any number of workers" same_bytes

seeds_differ() {
    random 0 --handlers lab2 --runs 200 --seed 1 --json "$scratch/1.json" &&
        random 0 --handlers lab2 --runs 200 --seed 9223372036854775807 --json "$scratch/2.json" &&
        is "$scratch/2.json" "r['seed']" 9223372036854775807 &&
        [ "$(field "$scratch/1.json" "r['sampling']['steps']")" != "$(field "$scratch/2.json" "r['sampling']['steps']")" ]
}
check "another seed draws other runs" seeds_differ

limited() {
    random 0 --handlers lab2 --time-limit 1 && says "sampled: " &&
        random 3 --handlers lab2 --time-limit 1 --runs 100000000 && says "inconclusive: time limit reached"
}
check "a time limit alone says how long to sample, beside --runs it cuts that short" limited

guaranteed() { random 0 --handlers lab2 --strategy pct --runs 100 && says "needs 3 ordering constraints among the 6 actors"; }
check "pct says what it guarantees" guaranteed

cat > "$scratch/forty.yaml" << 'END'
scenario: forty
workload:
  shards: 4
  generate: {messages: 40, trades: 20, update_percent: 10, duplicate_percent: 12}
faults: {crash: true, random_failure: true}
END

generated() {
    random 1 --handlers lab1 -s "$scratch/forty.yaml" --seed 5 --trace "$scratch/t.json" --json "$scratch/r.json" &&
        says "of the scenario's 40 puts are enough for it" && is "$scratch/r.json" "r['bound']['messages']" 40 &&
        is "$scratch/r.json" "all(m['counted'] is not None for m in r['violation']['messages'])" True &&
        run 1 replay "$scratch/t.json" && says "each as recorded" &&
        run 0 report "$scratch/t.json" --format pytest -o "$scratch/test_bug.py" && grep -q "def test_" "$scratch/test_bug.py"
}
check "a generated workload is shrunk to a few puts, and its trace replays" generated

bounded() { # what is forgotten on the way changes nothing
    random 0 --handlers lab2 -s "$scratch/forty.yaml" --runs 80 --json "$scratch/1.json" &&
        random 0 --handlers lab2 -s "$scratch/forty.yaml" --runs 80 --max-memory 32M --json "$scratch/2.json" &&
        [ "$(field "$scratch/1.json" "r['sampling']")" = "$(field "$scratch/2.json" "r['sampling']")" ] &&
        is "$scratch/2.json" "r['runtime']['peak_memory_bytes'] * 1.2 < $(field "$scratch/1.json" "r['runtime']['peak_memory_bytes']")" True
}
check "memory does not grow with the runs" bounded

covered() {
    run 0 verify --handlers lab2 --search random --runs 300 --db "$scratch/runs.db" &&
        run 0 coverage last --db "$scratch/runs.db" --format json -o "$scratch/c.json" &&
        is "$scratch/c.json" "r['bounds'][0]['search'], r['bounds'][0]['verdict']" "('random', 'sampled')" &&
        is "$scratch/c.json" "r['summary']['cells']['reached'] > 0, r['situations'] > 100" "(True, True)" &&
        run 0 verify --handlers lab2 --search random --runs 1 --db "$scratch/runs.db" && run 0 coverage last --db "$scratch/runs.db" -v &&
        says "not drawn in the runs that were made" &&
        run 0 verify --handlers lab2 --db "$scratch/runs.db" && run 0 coverage last-1 last --db "$scratch/runs.db"
}
check "what the runs reached is recorded, and is put together with an exhaustive search" covered

refused() {
    random 2 --handlers lab2 --seed -1 && complains "--seed: found '-1', expected a whole number from 0 to 2^63 - 1" &&
        random 2 --handlers lab2 --runs 0 && complains "--runs: found '0'" &&
        random 2 --handlers lab2 --strategy dice && complains "--strategy: found 'dice', expected walk, pct or swarm" &&
        run 2 verify --handlers lab2 --search luck && complains "--search: found 'luck', expected exhaustive or random" &&
        run 2 verify --handlers lab2 --runs 10 && complains "--runs is for --search random" &&
        sed 's/trades: 20, //' "$scratch/forty.yaml" > "$scratch/bad.yaml" &&
        random 2 --handlers lab2 -s "$scratch/bad.yaml" && complains "bad.yaml:4:13: 'generate' needs the key 'trades'" &&
        sed 's/update_percent: 10/update_percent: 101/' "$scratch/forty.yaml" > "$scratch/bad.yaml" &&
        random 2 --handlers lab2 -s "$scratch/bad.yaml" && complains "bad.yaml:4:56: 'update_percent' must be a number from 0 to 100, found the number 101" &&
        random 2 --handlers lab2 --fingerprints && complains "--fingerprints is for --search exhaustive"
}
check "what makes no sense is refused" refused

[ "$failures" -eq 0 ]

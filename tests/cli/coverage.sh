#!/usr/bin/env bash
# What a run reached, as a user asks for it: `oncecheck coverage`.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

cells() { # FILE STATUS: how many cells have it
    field "$1" "sum(c['status'] == '$2' for k in r['calls'] for c in k['cells'])"
}

nothing_yet() {
    run 2 coverage last && complains "no run is recorded" && run 2 coverage && complains "coverage needs a RUN" &&
        run 2 coverage last --format xml && complains "--format: found 'xml'"
}
check "without a run there is nothing to cover" nothing_yet

all_crashed() {
    run 0 verify --handlers lab2 -q && run 0 coverage 1 && says "6 of 6 faults at calls" &&
        says_like "^ +crash: before =, after [1-9][0-9]*$" && says_like "StateTable INSERT [0-9]+, StateTable MODIFY" &&
        run 0 coverage 1 --format json -o "$scratch/c.json" && [ "$(cells "$scratch/c.json" missed)" = 0 ] &&
        is "$scratch/c.json" \
            "sorted({k['operation'] for k in r['calls'] if all(c['status'] in ('reached', 'equal') for c in k['cells'] if c['fault'] == 'crash')})" \
            "['PutItem', 'TransactWriteItems', 'UpdateItem']" &&
        run 0 coverage 1 --fail-under 100
}
check "every write of the three functions was crashed before and after" all_crashed

none_crashed() {
    run 0 verify --handlers lab2 -q --faults 0 && run 0 coverage last --format json -o "$scratch/c.json" &&
        [ "$(cells "$scratch/c.json" missed)" = 6 ] && [ "$(cells "$scratch/c.json" reached)" = 0 ] &&
        run 1 coverage last --fail-under 1 && says "beyond the bound: no fault was allowed (--faults 0)" &&
        complains "0 % reached, less than --fail-under 1"
}
check "without faults it says what was not exercised" none_crashed

merged() {
    run 0 coverage 1 2 --format json -o "$scratch/both.json" && [ "$(cells "$scratch/both.json" missed)" = 0 ] &&
        is "$scratch/both.json" "[x['run'] for x in r['runs']]" "[1, 2]" &&
        run 0 coverage 1 --format json -o "$scratch/one.json" && run 0 coverage 2 --format json -o "$scratch/two.json" &&
        is "$scratch/both.json" "r['situations']" \
            "$(($(field "$scratch/one.json" "r['situations']") + $(field "$scratch/two.json" "r['situations']")))" &&
        run 0 coverage 1 1 --format json -o "$scratch/twice.json" &&
        is "$scratch/twice.json" "[k['sent'] for k in r['calls']]" "$(field "$scratch/one.json" "[2 * k['sent'] for k in r['calls']]")"
}
check "runs are put together" merged

same_for_any_number_of_workers() {
    run 0 verify --handlers lab2 -q --workers 1 --db "$scratch/w.db" && run 0 verify --handlers lab2 -q --workers 3 --db "$scratch/w.db" &&
        run 0 coverage 1 --db "$scratch/w.db" --format json -o "$scratch/w1.json" &&
        run 0 coverage 2 --db "$scratch/w.db" --format json -o "$scratch/w3.json" &&
        sed -i '/"runs"/,/\]/d' "$scratch/w1.json" "$scratch/w3.json" && cmp "$scratch/w1.json" "$scratch/w3.json"
}
check "workers change nothing" same_for_any_number_of_workers

other_faults() {
    run 1 verify --handlers lab2 -s lab2-step2 -q --fault throttle=1 --db "$scratch/f.db" &&
        run 0 coverage last -v --db "$scratch/f.db" && says_like "throttle: refused [1-9]" && says_like "rebatch: after off"
}
check "faults of calls are counted by their forms" other_faults

cat > "$scratch/calm.yaml" << 'YAML'
scenario: calm
template: workshop.yaml
workload:
  messages:
    - {trade: T1, version: 0}
  values: [distinct]
tables: {StateTable: {stream_shards: 1}, ReduceTable: {stream_shards: 1}}
faults: {limit: any, crash: true}
YAML
sed 's/    - {trade: T1, version: 0}/    - {trade: T1, version: 0, copies: 2}/; s/limit: any/limit: 0/' "$scratch/calm.yaml" > "$scratch/twice.yaml"
sed 's/limit: any/limit: 0/' "$scratch/calm.yaml" > "$scratch/once.yaml"
cp scenarios/workshop.yaml "$scratch/"

lines() { # SCENARIO: how the line of StateLambda's `if` below its `except` ran, as [[count, lowest level of faults]]
    run 0 verify scenarios/solutions/lab2 -q -s "$scratch/$1.yaml" --coverage --db "$scratch/l.db" --cache "$scratch/cache" &&
        run 0 coverage last --db "$scratch/l.db" --format json -o "$scratch/$1.json" &&
        field "$scratch/$1.json" "[[x['count'] > 0, x.get('faults')] for f in r['lines'] if f['function'] == 'StateLambda' for x in f['lines'] if f['text'].split(chr(10))[x['line'] - 1].strip().startswith('except ClientError')]"
}

of_python() {
    [ "$(lines once)" = "[[False, None]]" ] && [ "$(lines calm)" = "[[True, 1]]" ] && [ "$(lines twice)" = "[[True, 0]]" ] &&
        run 0 coverage 1 2 --db "$scratch/l.db" && says_like "^ +only after a fault: [0-9]+" &&
        run 0 coverage 1 2 3 --db "$scratch/l.db" --format json -o "$scratch/all.json" &&
        is "$scratch/all.json" "len(r['lines'])" "$(field "$scratch/once.json" "len(r['lines'])")" &&
        run 0 coverage 1 2 --db "$scratch/l.db" --format html -o "$scratch/c.html" && grep -q 'class="late" title="only after a fault' "$scratch/c.html" &&
        ! grep -qE 'https?://|<script' "$scratch/c.html"
}
check "the except branch runs only where there is a duplicate" of_python

of_lcov() {
    run 0 coverage 1 2 --db "$scratch/l.db" --format lcov -o "$scratch/c.info" && grep -q '^SF:.*/StateLambda/lambda_function.py$' "$scratch/c.info" || return 1
    ! command -v lcov > "$scratch/out" || lcov --quiet --add-tracefile "$scratch/c.info" --output-file "$scratch/again.info" 2> "$scratch/err" || return 1
    ! command -v genhtml > "$scratch/out" || genhtml --quiet --branch-coverage --output-directory "$scratch/html" "$scratch/c.info" > "$scratch/out" 2>&1
}
check "lcov's own tools accept the tracefile" of_lcov

sometimes() { # NAMES: the scenario "once" with these
    sed "\$a sometimes: [$1]" "$scratch/once.yaml" > "$scratch/s.yaml"
}

vacuous() {
    sometimes "insert, batch_of_1, conditional_check_held" && run 0 verify --handlers lab2 -q --no-db -s "$scratch/s.yaml" &&
        sometimes "insert, retry_after_commit, batch_of_3" &&
        run 5 verify --handlers lab2 --no-db -s "$scratch/s.yaml" --json "$scratch/v.json" &&
        is "$scratch/v.json" "(r['verdict'], r['exit_code'], r['unreached'])" "('vacuous', 5, ['retry_after_commit', 'batch_of_3'])" &&
        run 5 verify --handlers lab2 -q --no-db -s "$scratch/s.yaml" &&
        says "vacuous: nothing wrong was found, but the scenario did not lead to retry_after_commit, batch_of_3" &&
        run 5 verify --handlers lab2 -q --no-db -s "$scratch/s.yaml" --faults any && ! grep -q retry_after_commit "$scratch/out" &&
        sometimes "rain" && run 2 verify --handlers lab2 -q --no-db -s "$scratch/s.yaml" && complains "'sometimes': found 'rain'"
}
check "what must sometimes happen and does not makes the verdict vacuous" vacuous

# as an older oncecheck has recorded it
not_recorded() {
    /usr/bin/python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute("UPDATE run SET coverage = NULL, details_digest = NULL WHERE id = 1"); d.commit()' \
        "$scratch/w.db" && run 2 coverage 1 --db "$scratch/w.db" && complains "run 1 has no coverage: its verdict is holds"
}
check "a run without coverage says so" not_recorded

[ "$failures" -eq 0 ]

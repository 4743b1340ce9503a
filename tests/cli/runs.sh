#!/usr/bin/env bash
# The run database as a user meets it: what verify records, and `oncecheck runs`.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
export TZ=UTC

nothing_yet() {
    run 0 runs && says_like "^No run is recorded yet" && run 2 runs show 1 && complains "no run is recorded" &&
        run 2 runs show last && ! [ -e "$scratch/state" ]
}
check "reading makes no database" nothing_yet

recorded() {
    run 1 verify --handlers lab1 -s lab2-step2 --json "$scratch/r.json" && says_like "recorded as run 1" && silent &&
        is "$scratch/r.json" "r['runtime']['run']" 1 &&
        run 0 verify --handlers lab2 -s lab2-step2 -q && run 3 verify --handlers lab2 --max-states 50 -q &&
        run 1 verify --handlers lab1 -s lab2-step2 -q --no-db && run 0 runs --json "$scratch/runs.json" &&
        is "$scratch/runs.json" "[(x['run'], x['verdict'], x['scenario'], x['handlers']) for x in r['runs']]" \
            "[(3, 'inconclusive', 'lab2', 'lab2'), (2, 'holds', 'lab2-step2', 'lab2'), (1, 'violated', 'lab2-step2', 'lab1')]" &&
        says_like "^ +1  20..-..-.. ..:..:..  violated +lab2-step2 +lab1: T1 v0 is counted twice$"
}
check "every verification is recorded, unless --no-db" recorded

filtered() {
    run 0 runs --verdict violated --json "$scratch/runs.json" && is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[1]" &&
        run 0 runs list -s lab2 --json "$scratch/runs.json" && is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[3]" &&
        run 0 runs --limit 2 --json "$scratch/runs.json" && is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[3, 2]" &&
        run 0 runs --since 1h --json "$scratch/runs.json" && is "$scratch/runs.json" "len(r['runs'])" 3 &&
        run 0 runs --solution elsewhere && says_like "^No run fits" &&
        run 2 runs --since soon && complains "--since: found 'soon'"
}
check "the list is filtered" filtered

shown() {
    run 0 runs show 1 --json "$scratch/run.json" --trace "$scratch/t.json" &&
        says_like "^Run 1: violated, scenario lab2-step2, faults any: crash, random_failure, lab1$" &&
        says_like "violated: exactly_once: T1 v0 is counted twice" &&
        is "$scratch/run.json" "r['result']['violation']['summary']" "T1 v0 is counted twice" &&
        is "$scratch/run.json" "r['result']['runtime']['run']" 1 &&
        is "$scratch/run.json" "r['functions']['ReduceLambda']['digest']" lab1 &&
        run 1 replay "$scratch/t.json" && says_like "each as recorded" &&
        run 2 runs show last --trace "$scratch/t.json" && complains "run 3 has no counterexample" &&
        run 2 runs show 4 && complains "there is no run 4" && run 2 runs show last-3 && complains "fewer than 4 runs"
}
check "a run is shown, and its counterexample replays" shown

compared() {
    run 0 runs compare 1 2 --json "$scratch/c.json" && says_like "resolved +exactly_once: counted twice" &&
        says_like "code changed: MapLambda, ReduceLambda, StateLambda" &&
        is "$scratch/c.json" "[len(r[k]) for k in ('new', 'resolved', 'still_there', 'not_seen')]" "[0, 1, 0, 0]" &&
        run 0 runs compare 2 1 && says_like "new +exactly_once" && run 1 runs compare 2 1 --fail-on-violation &&
        run 0 runs compare 1 2 --fail-on-violation && run 0 runs compare 1 1 && says_like "still there +exactly_once" &&
        says_like "the code is the same" && run 0 runs compare 1 3 && says_like "not seen +exactly_once" &&
        says_like "not the same scenario, template, settings or faults: lab2-step2"
}
check "two runs are compared: new, resolved, still there" compared

weaker_bound() {
    run 0 verify --handlers lab1 -s lab2-step2 --fault crash=0 --fault random_failure=0 -q &&
        run 0 runs compare 1 last && says_like "not seen +exactly_once" && says_like "not seen is not resolved" &&
        run 0 runs delete last
}
check "what was not looked for is not called resolved" weaker_bound

other_settings() {
    run 0 verify --handlers lab2 -s lab2-step2 --set ReduceLambda.BatchSize=1 -q && run 0 runs compare 1 last &&
        says_like "not seen +exactly_once" && says_like "; --set ReduceLambda.BatchSize=1\)" &&
        run 0 runs delete last
}
check "a run with other settings of a mapping resolves nothing" other_settings

deleted() {
    run 2 runs delete 1 77 && complains "there is no run 77" && run 0 runs show 1 &&
        run 0 runs delete 1 last 1 && says_like "^2 runs deleted" && run 0 runs --json "$scratch/runs.json" &&
        is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[2]" && run 2 runs delete && complains "expected list, show RUN"
}
check "runs are deleted, all that are named or none" deleted

elsewhere() {
    run 1 verify --handlers lab1 -s lab2-step2 -q --db "$scratch/own.db" && run 0 runs --db "$scratch/own.db" --limit 5 &&
        says_like "^ +1 .* violated" && run 2 runs --db "$scratch/none.db" && complains "none.db: no such file" &&
        run 2 verify --handlers lab1 --db "$scratch/no/folder.db" && complains "cannot open the run database" &&
        run 2 verify --handlers lab1 --db x --no-db && complains "--db and --no-db"
}
check "--db names another file" elsewhere

foreign() {
    cp "$scratch/own.db" "$scratch/newer.db" && /usr/bin/python3 -c '
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA user_version = 99")' "$scratch/newer.db" &&
        run 2 runs --db "$scratch/newer.db" && complains "the run database is of version 99" &&
        echo "some text, long enough to be no empty database" > "$scratch/text.db" &&
        run 2 runs --db "$scratch/text.db" && complains "no SQLite database" &&
        run 2 verify --handlers lab1 --db "$scratch/text.db" && complains "no SQLite database"
}
check "a newer or foreign database is refused" foreign

default_fails() {
    mkdir -p "$scratch/bad/oncecheck" && echo "some text, long enough to be no empty database" > "$scratch/bad/oncecheck/runs.db" &&
        XDG_STATE_HOME=$scratch/bad run 1 verify --handlers lab1 -s lab2-step2 -q &&
        complains "warning: this run is not recorded" && says_like "is counted twice"
}
check "a default database that cannot be used costs a warning, not the verdict" default_fails

full_disk() {
    # a limit on the size of files, as a full disk would be
    cp "$scratch/own.db" "$scratch/full.db" &&
        (trap '' XFSZ && ulimit -f 50 && "$oncecheck" verify --handlers lab1 -s lab2-step2 -q --db "$scratch/full.db" \
            > "$scratch/out" 2> "$scratch/err"; [ $? -eq 1 ]) &&
        complains "warning: this run is not recorded" && run 0 runs --db "$scratch/full.db" --json "$scratch/runs.json" &&
        is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[1]"
}
check "a disk that is full leaves the database as it was" full_disk

at_once() {
    local i
    for i in 1 2 3 4 5 6; do
        "$oncecheck" verify --handlers lab1 -s lab2-step2 -q --db "$scratch/many.db" > /dev/null 2>> "$scratch/many.err" &
    done
    wait
    run 0 runs --db "$scratch/many.db" --json "$scratch/runs.json" &&
        is "$scratch/runs.json" "[x['run'] for x in r['runs']]" "[6, 5, 4, 3, 2, 1]" && ! [ -s "$scratch/many.err" ]
}
check "several processes record at once" at_once

killed() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        "$oncecheck" verify --handlers lab1 -s lab2-step2 -q --db "$scratch/many.db" > /dev/null 2>&1 &
        sleep "0.0$i"
        kill -KILL $! 2> /dev/null
        wait $! 2> /dev/null
    done
    run 0 runs --db "$scratch/many.db" && /usr/bin/python3 -c '
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
assert database.execute("SELECT count(*) FROM run WHERE result IS NULL").fetchone() == (0,)
assert database.execute("SELECT count(*) FROM violation").fetchone() == database.execute("SELECT count(*) FROM run").fetchone()
' "$scratch/many.db"
}
check "a killed process leaves whole runs only" killed

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# `oncecheck audit`: the table of docs/faults.md by its rows, the certificate, and what it refuses.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"

# what a row says of StateLambda, MapLambda and ReduceLambda
row() { # NAME VERDICTS
    is "$scratch/a.json" "' '.join(x['verdict'] + ('' if x['violation'] is None else str(x['violation']['faults'])) for x in r['rows'] if x['weakness'] == '$1')" "$2"
}

lab2() {
    run 1 audit --handlers lab2 --pairs --html "$scratch/a.html" --json "$scratch/a.json" --trace-dir "$scratch/traces" &&
        says_like "^  crash  *holds  *holds  *holds$" && says_like "^  timeout  *BROKEN: 1 fault  *holds up to 2  *holds up to 2$" &&
        says "ReduceLambda is safe only while retries end within 10 minutes" &&
        says "MapLambda is safe only while a batch comes again as the same batch" &&
        is "$scratch/a.json" "r['format'], r['verdict'], r['exit_code']" "('oncecheck-audit/1', 'broken', 1)" &&
        cp "$scratch/out" "$scratch/lab2.txt"
}
check "the Lab 2 handlers, weakness by weakness" lab2

rows() {
    row no_fault holds && row put_failure holds && row crash "holds holds holds" &&
        row random_failure "holds holds holds" && row timeout "violated1 holds holds" &&
        row throttle "violated3 violated1 holds" && row server_error "violated3 violated1 holds" &&
        row lost_response "violated1 holds holds" && row late_write "violated1 holds holds" &&
        row transaction_conflict "holds holds holds" && row stale_read "holds holds holds" &&
        row redeliver "holds holds holds" && row redeliver_late "violated1 holds violated2" &&
        row retry_late "violated1 holds violated2" && row rebatch "holds violated1 violated1" &&
        row stale_minute "violated1 holds holds" && row stale_minutes "violated1 holds holds" &&
        row retention "violated1 violated1 violated1" && row bisect "holds violated1 violated1" &&
        row partial "holds holds holds" && row parallelization "holds holds holds" &&
        row retries_exhausted "violated2 violated2 violated2" && row record_age "violated1 violated1 violated1"
}
check "each row is that of docs/faults.md" rows

one_row() {
    run 1 audit --handlers lab2 --weakness timeout --weakness crash --json "$scratch/one.json" &&
        is "$scratch/one.json" "sorted({x['weakness'] for x in r['rows']})" "['crash', 'no_fault', 'timeout']" &&
        is "$scratch/one.json" "[c['weakness'] for c in r['certificate']]" "['crash']" &&
        says_like "^  crash  *holds  *holds  *holds$" && ! grep -q throttle "$scratch/out" &&
        run 2 audit --handlers lab2 --weakness rain && complains "--weakness: found 'rain', expected one of no_fault, "
}
check "one row after the other, if asked for" one_row

traces() {
    local trace
    [ "$(find "$scratch/traces" -name '*.json' | wc -l)" -eq 26 ] || return 1
    for trace in "$scratch"/traces/*.json; do
        run 1 replay -q "$trace" || return 1
    done
}
check "each broken row has a trace that replays" traces

certificate() {
    is "$scratch/a.json" "sorted(x['weakness'] for x in r['certificate'] if x['any_number'])" \
        "['crash', 'random_failure', 'redeliver', 'stale_read', 'transaction_conflict']" &&
        is "$scratch/a.json" "[x['faults_max'] for x in r['certificate'] if x['weakness'] == 'put_failure']" "[1]"
}
check "the certificate says what was proved" certificate

pairs() {
    says "15 of 15 pairs proved" && says_like "^    crash +batch again, at once +holds$" &&
        says_like "^    the producer puts again +crash +holds \(the producer puts again: up to 1\)$" &&
        is "$scratch/a.json" "len(r['pairs']), [x['any_number'] for x in r['pairs'] if x['weaknesses'] == ['crash', 'redeliver']]" \
            "(15, [True])"
}
cp "$scratch/lab2.txt" "$scratch/out"
check "and so does that of pairs" pairs

page() { # no network, no script, and each link leads somewhere
    ! grep -qE 'https?://|<script' "$scratch/a.html" && grep -q "safe only while retries end" "$scratch/a.html" &&
        [ "$(grep -o 'href="#detail-[0-9]*"' "$scratch/a.html" | sort -u | wc -l)" -eq 26 ] &&
        [ "$(grep -o 'id="detail-[0-9]*"' "$scratch/a.html" | sort -u | wc -l)" -eq 26 ]
}
check "the page has a detail for each broken cell" page

limited() {
    run 3 audit --handlers lab2 --max-states 3 --json "$scratch/l.json" && says "inconclusive" &&
        is "$scratch/l.json" "r['verdict'], {x['verdict'] for x in r['rows']}" "('inconclusive', {'inconclusive'})"
}
check "limits leave rows without a verdict" limited

lab1() {
    run 1 audit --handlers lab1 --json "$scratch/1.json" && says "wrong without any fault" && says "the old value won" &&
        is "$scratch/1.json" "[x['verdict'] for x in r['rows'] if x['weakness'] in ('no_fault', 'put_failure', 'crash')]" \
            "['violated', 'not_tried', 'not_tried', 'not_tried', 'not_tried']"
}
check "the Lab 1 handlers need no fault" lab1

same_bytes() {
    run 1 audit --handlers lab2 --workers 1 --json "$scratch/one.json" && cp "$scratch/out" "$scratch/one.txt" &&
        run 1 audit --handlers lab2 --workers 2 --json "$scratch/two.json" && cmp "$scratch/one.txt" "$scratch/out" &&
        cmp <(grep -v milliseconds "$scratch/one.json") <(grep -v milliseconds "$scratch/two.json")
}
check "the same bytes with any number of workers" same_bytes

refused() {
    run 2 audit && complains "needs a SOLUTION" && run 2 audit "$scratch/none" && complains "no such folder" &&
        run 2 audit --fault crash --handlers lab2 && complains "--fault is no option of audit"
}
check "what is no audit is refused" refused

[ "$failures" -eq 0 ]

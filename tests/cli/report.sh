#!/usr/bin/env bash
# `oncecheck report` and verify's --junit and --sarif: the formats for other tools, on recorded traces of three pipelines
# (the workshop's, one function alone, a table in between with a stuck shard) and on runs with the C handlers.
# ONCECHECK_GOLDEN=write makes the golden files anew.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
traces=tests/reports/traces
golden=tests/reports/golden

junit_is_valid() { xmllint --noout --schema tests/reports/junit.xsd "$1" 2> "$scratch/xml" || { cat "$scratch/xml"; return 1; }; }

sarif_is_valid() {
    /usr/bin/python3 -c '
import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open("tests/reports/sarif.schema.json")))' "$1"
}

is_golden() { # TRACE FORMAT
    run 0 report "$traces/$1.json" --format "$2" -o "$scratch/$1.$2" || return 1
    [ "${ONCECHECK_GOLDEN:-}" = write ] && cp "$scratch/$1.$2" "$golden/$1.$2"
    diff "$golden/$1.$2" "$scratch/$1.$2"
}

for name in workshop orders inbox; do
    for format in mermaid itf sarif; do
        check "$name as $format is as before" is_golden "$name" "$format"
    done
    check "$name as ITF reads back" /usr/bin/python3 tests/reports/check_itf.py "$traces/$name.json" "$scratch/$name.itf"
    check "$name as SARIF is valid" sarif_is_valid "$scratch/$name.sarif"
    "$oncecheck" report "$traces/$name.json" --format junit -o "$scratch/$name.xml"
    check "$name as JUnit is valid" junit_is_valid "$scratch/$name.xml"
done

position() {
    is "$scratch/workshop.sarif" "[(x['artifactLocation']['uri'], x['region']['startLine']) for x in
        [r['runs'][0]['results'][0]['locations'][0]['physicalLocation']]]" \
        "[('scenarios/solutions/reduce-no-token/ReduceLambda/lambda_function.py', 23)]" &&
        grep -qF 'scenarios/solutions/reduce-no-token/ReduceLambda/lambda_function.py:23' "$scratch/workshop.xml"
}
check "JUnit and SARIF name the line of the handler" position

as_json() {
    run 0 report "$traces/inbox.json" --format json -o "$scratch/inbox.all" && is "$scratch/inbox.all" "r['format']" oncecheck-report/1 &&
        /usr/bin/python3 -c 'import json, sys
assert json.load(open(sys.argv[1]))["traces"] == [json.load(open(sys.argv[2]))]' "$scratch/inbox.all" "$traces/inbox.json"
}
check "as JSON the trace is all there" as_json

as_text() { run 0 report "$traces/inbox.json" && says "violated: no_stuck_shard" && says "BatchWriteItem"; }
check "text is the default" as_text

# The test that a trace becomes: the stub answers each call as recorded, the test fails on the faulty code and passes on
# the corrected.
becomes_a_test() { # TRACE CORRECTED WHAT-THE-FAILURE-SAYS
    local test=$scratch/test_$1.py
    run 0 report "$traces/$1.json" --format pytest -o "$test" && /usr/bin/python3 tests/reports/check_stub.py "$traces/$1.json" "$test" &&
        ! /usr/bin/python3 -m pytest -q -p no:cacheprovider "$test" > "$scratch/out" 2>&1 && says "$3" && says "1 failed" &&
        SOLUTION=$2 /usr/bin/python3 -m pytest -q -p no:cacheprovider "$test" > "$scratch/out" 2>&1 && says "1 passed"
}
check "the workshop's double count becomes a test" becomes_a_test workshop scenarios/solutions/lab2 "'PV': '2, expected 1'"
check "one function's double count becomes a test" becomes_a_test orders tests/reports/pipelines/orders/corrected "'PV': '2, expected 1'"
check "a stuck shard becomes a test" becomes_a_test inbox tests/reports/pipelines/inbox/corrected 'fails for ever: ValueError'
check "the stub's expressions and operations" /usr/bin/python3 tests/reports/check_expressions.py "$scratch/test_orders.py"

of_c_handlers() {
    run 1 verify --handlers lab1 -s lab2-step2 --trace "$scratch/c.json" --no-db -q &&
        run 0 report "$scratch/c.json" --format pytest -o "$scratch/test_c.py" &&
        ! /usr/bin/python3 -m pytest -q -p no:cacheprovider "$scratch/test_c.py" > "$scratch/out" 2>&1 && says "set SOLUTION to a folder" &&
        ! SOLUTION=scenarios/solutions/lab1 /usr/bin/python3 -m pytest -q -p no:cacheprovider "$scratch/test_c.py" > "$scratch/out" 2>&1 &&
        says "'PV': '2, expected 1'" &&
        SOLUTION=scenarios/solutions/lab2 /usr/bin/python3 -m pytest -q -p no:cacheprovider "$scratch/test_c.py" > "$scratch/out" 2>&1
}
check "a trace of the C handlers becomes a test of Python code" of_c_handlers

verify_exports() {
    run 1 verify --handlers lab1 -s lab2-step2 --junit "$scratch/v.xml" --sarif "$scratch/v.sarif" --trace "$scratch/v.json" &&
        junit_is_valid "$scratch/v.xml" && sarif_is_valid "$scratch/v.sarif" &&
        grep -q 'tests="4" failures="1" errors="0" skipped="3"' "$scratch/v.xml" &&
        is "$scratch/v.sarif" "[x['ruleId'] for x in r['runs'][0]['results']]" "['exactly_once']" &&
        run 0 verify --handlers lab2 -s lab2-step2 --junit "$scratch/h.xml" --sarif "$scratch/h.sarif" &&
        junit_is_valid "$scratch/h.xml" && sarif_is_valid "$scratch/h.sarif" &&
        grep -q 'tests="4" failures="0" errors="0" skipped="0"' "$scratch/h.xml" && is "$scratch/h.sarif" "r['runs'][0]['results']" "[]" &&
        run 0 verify --handlers lab2 -s lab2-step2 --junit - && grep -q '^<?xml' "$scratch/out" && ! grep -q '^holds' "$scratch/out"
}
check "verify writes JUnit and SARIF" verify_exports

unproved() {
    run 3 verify --handlers lab2 --max-states 100 --junit "$scratch/i.xml" --sarif "$scratch/i.sarif" && junit_is_valid "$scratch/i.xml" &&
        sarif_is_valid "$scratch/i.sarif" && grep -q 'tests="4" failures="0" errors="4"' "$scratch/i.xml" &&
        grep -q 'message="--max-states reached"' "$scratch/i.xml" &&
        is "$scratch/i.sarif" "r['runs'][0]['invocations'][0]['toolExecutionNotifications'][0]['level']" warning &&
        run 2 verify --handlers lab2 -s nosuch --junit "$scratch/e.xml" --sarif "$scratch/e.sarif" && junit_is_valid "$scratch/e.xml" &&
        sarif_is_valid "$scratch/e.sarif" && grep -q 'tests="1" failures="0" errors="1"' "$scratch/e.xml" &&
        is "$scratch/e.sarif" "r['runs'][0]['invocations'][0]['executionSuccessful']" False
}
check "what is not proved does not pass" unproved

of_runs() {
    run 0 report 1 --format junit -o "$scratch/1.xml" && junit_is_valid "$scratch/1.xml" &&
        run 0 report 1 --format mermaid -o "$scratch/1.mermaid" && run 0 report "$scratch/v.json" --format mermaid -o "$scratch/v.mermaid" &&
        cmp "$scratch/1.mermaid" "$scratch/v.mermaid" && run 0 report 2 --format junit && says 'failures="0"' &&
        run 2 report 2 --format mermaid && complains "run 2 has no counterexample (its verdict is holds)" &&
        run 2 report 99 && complains "there is no run 99"
}
check "a recorded run is reported like its trace" of_runs

graph() {
    run 0 report "$scratch/v.json" --format dot --max-states 60 -o "$scratch/v.dot" && /usr/bin/python3 -c '
import json, re, sys
text = open(sys.argv[1]).read()
steps = len(json.load(open(sys.argv[2]))["steps"])
nodes = set(re.findall(r"^  (s\d+) \[", text, re.M))
edges = re.findall(r"^  (s\d+) -> (s\d+) \[(.*)\];$", text, re.M)
assert len(nodes) == 60, len(nodes)
assert all(a in nodes and b in nodes for a, b, _ in edges)
path = [(a, b) for a, b, style in edges if "penwidth" in style]
assert path == [(f"s{i}", f"s{i + 1}") for i in range(steps)], path
assert sum("dashed" in style for _, _, style in edges) >= 2
assert text.startswith("digraph") and text.endswith("}\n")' "$scratch/v.dot" "$scratch/v.json"
}
check "the graph holds the counterexample and what is around it" graph

bad_files() {
    head -c 5000 "$traces/orders.json" > "$scratch/cut.json"
    sed 's|oncecheck-trace/1|oncecheck-trace/9|' "$traces/orders.json" > "$scratch/newer.json"
    sed 's/"action": "crash"/"action": "explode"/' "$traces/orders.json" > "$scratch/edited.json"
    run 2 report "$scratch/cut.json" --format mermaid && complains "cut.json:" &&
        run 2 report "$scratch/newer.json" --format mermaid && complains "the format is 'oncecheck-trace/9'" &&
        run 2 report "$scratch/edited.json" --format sarif && complains "expected the name of an action" &&
        run 2 report "$scratch/none.json" && complains "none.json" && run 2 report && complains "needs a RUN or a TRACE" &&
        run 2 report "$traces/orders.json" --format pdf && complains "found 'pdf', expected text" &&
        run 2 report "$traces/orders.json" --format itf -o "$scratch/no/such/folder" && complains "cannot write"
}
check "bad traces and formats are refused with a reason" bad_files

[ "$failures" -eq 0 ]

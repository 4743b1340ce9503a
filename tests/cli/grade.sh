#!/usr/bin/env bash
# A class as its members hand it in: every solution gets its row, whatever the others do.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
class=$scratch/class
cache=$scratch/cache
solutions=scenarios/solutions

mkdir -p "$class/ann lee" "$class/group/Zoë" "$class/group/nothing" "$class/empty" "$class/erin/StateLambda" \
    "$class/zed/StateLambda" "$class/.hidden"
cp -r $solutions/reduce-no-token/* "$class/ann lee/"
cp -r $solutions/lab2/ReduceLambda "$class/group/Zoë/"
cp -r $solutions/reduce-random-token/ReduceLambda "$scratch/ReduceLambdaPackage"
(cd "$scratch" && /usr/bin/python3 -m zipfile -c "$class/carol.zip" ReduceLambdaPackage)
echo "no archive" > "$class/dave.zip"
echo "def lambda_handler(event, context): 1/" > "$class/erin/StateLambda/lambda_function.py"
ln -s nowhere "$class/broken"
ln -s . "$class/loop"
ln -s "group/Zoë" "$class/link"
printf 'Resources: [\n' > "$class/zed/template.yaml"

grade() { # EXPECTED-EXIT OPTION...
    local expected=$1
    shift
    run "$expected" grade "$class" -s tests/cli/scenarios/single.yaml --fault crash --cache "$cache" "$@"
}
row() { # NAME FIELD: of the CSV file
    /usr/bin/python3 - "$scratch/class.csv" "$1" "$2" << 'END'
import csv, sys
rows = {row["solution"]: row for row in csv.DictReader(open(sys.argv[1], encoding="utf-8", newline=""))}
print(rows[sys.argv[2]][sys.argv[3]] if sys.argv[2] in rows else "no row")
END
}
is_row() { # NAME FIELD VALUE
    local found
    found=$(row "$1" "$2")
    [ "$found" = "$3" ] || { echo "$2 of $1 is $found, expected $3"; return 1; }
}

first() {
    grade 0 --csv "$scratch/class.csv" --json "$scratch/class.json" --junit "$scratch/class.xml" \
        --sarif "$scratch/class.sarif" --html "$scratch/class.html" &&
        is_row "ann lee" verdict violated && is_row "ann lee" faults 1 && is_row "ann lee" function ReduceLambda &&
        is_row "group/Zoë" verdict holds && is_row link verdict holds &&
        is_row carol.zip verdict violated && is_row carol.zip cluster "exactly_once: counted twice, ReduceLambda" &&
        is_row dave.zip verdict error && is_row erin verdict error && is_row zed verdict error &&
        is_row erin reason "StateLambda cannot be loaded: SyntaxError: invalid syntax"
}
check "every solution has its verdict" first
check "the class as a whole" is "$scratch/class.json" "sorted(r['verdicts'].items())" \
    "[('error', 3), ('holds', 2), ('violated', 2)]"
check "one cause of two" is "$scratch/class.json" "[c['solutions'] for c in r['clusters']]" "[['ann lee', 'carol.zip']]"
check "what is none is listed" is "$scratch/class.json" "[(o['name'], o['reason'][:12]) for o in r['no_solutions']]" \
    "[('broken', 'a link that '), ('empty', 'an empty fol'), ('group/nothing', 'an empty fol'), ('loop', 'a link to a ')]"

text() {
    says_like "^  ann lee +violated +\[1\] ReduceLambda: T1 v0 is counted twice \(1 fault, [0-9]+ steps\)$" &&
        says "  7 solutions: 3 error, 2 holds, 2 violated" &&
        says "    ann lee, carol.zip" && says "no solution: empty: an empty folder" &&
        says_like "why: ReduceLambda/shard-0 wrote T1 v0 to the aggregates"
}
check "the table and the shortest counterexample" text

files() {
    xmllint --noout "$scratch/class.xml" && grep -q 'tests="7" failures="2" errors="3" skipped="0"' "$scratch/class.xml" &&
        is "$scratch/class.sarif" "[x['ruleId'] for x in r['runs'][0]['results']]" "['exactly_once', 'exactly_once']" &&
        is "$scratch/class.sarif" "'ann%20lee/ReduceLambda' in str(r['runs'][0]['results'][0])" True &&
        ! grep -qE 'https?://' "$scratch/class.html" && grep -q "Zoë" "$scratch/class.html"
}
check "JUnit, SARIF and a page that needs no network" files

again() {
    cp "$scratch/class.json" "$scratch/first.json"
    grade 1 --fail-on-violation --json "$scratch/class.json" -q &&
        is "$scratch/class.json" "sum(s['checks'][0]['runtime']['cached'] for s in r['solutions'])" 4 &&
        /usr/bin/python3 - "$scratch/first.json" "$scratch/class.json" << 'END'
import json, sys
def without_runtime(value):
    if isinstance(value, dict):
        return {k: without_runtime(v) for k, v in value.items() if k not in ("runtime", "messages")}
    return [without_runtime(v) for v in value] if isinstance(value, list) else value
first, second = (without_runtime(json.load(open(name))) for name in sys.argv[1:])
sys.exit(first != second)
END
}
check "a second report verifies nothing anew and says the same" again

changed() {
    cp $solutions/lab2/ReduceLambda/* "$class/ann lee/ReduceLambda/"
    grade 0 --csv "$scratch/class.csv" --json "$scratch/class.json" -q && is_row "ann lee" verdict holds &&
        is_row carol.zip verdict violated &&
        is "$scratch/class.json" "[s['name'] for s in r['solutions'] if not s['checks'][0]['runtime']['cached']]" \
            "['ann lee', 'dave.zip', 'erin', 'zed']"
}
check "what was changed is verified again" changed

hanging() {
    mkdir -p "$scratch/hangs/a/StateLambda" "$scratch/hangs/b"
    cp -r "$class/group/Zoë/." "$scratch/hangs/b"
    printf 'import os\nif os.fork() == 0:\n    while True: pass\nwhile True: pass\n' \
        > "$scratch/hangs/a/StateLambda/lambda_function.py"
    run 0 grade "$scratch/hangs" -s tests/cli/scenarios/single.yaml --fault crash --cache "$cache" --csv "$scratch/class.csv" &&
        is_row b verdict holds && is_row a verdict error
}
check "one that starts processes is an error of its own" hanging

# Each step with its own evidence, whatever the whole says; what a solution does not bring is no step of its.
steps() {
    local mixed=$scratch/mixed
    mkdir "$mixed"
    cp -r $solutions/state-no-condition/StateLambda $solutions/reduce-no-token/ReduceLambda "$mixed/"
    run 0 verify "$mixed" --steps -s tests/cli/scenarios/single.yaml --fault crash --faults 0 --cache "$cache" \
        --json "$scratch/steps.json" --trace "$scratch/bug.json" &&
        says "step 1, no duplicate and no old version passes StateLambda: violated" &&
        says "at StateLambda/lambda_function.py:33" && says "step 2, ReduceLambda counts a batch once, however often it comes: holds" &&
        is "$scratch/steps.json" "[(s['verdict'], s['function'], s['violation'] and s['violation']['code']['line']) for s in r['lab_steps']]" \
            "[('violated', 'StateLambda', 33), ('holds', 'ReduceLambda', None)]" &&
        run 1 replay "$scratch/bug-step-1.json" && [ ! -e "$scratch/bug.json" ]
}
check "verify tells the steps of the lab apart" steps
check "and says which it cannot" run 0 verify "$class/group/Zoë" --steps -s tests/cli/scenarios/single.yaml \
    --faults 0 --cache "$cache" -q
check "which is the first" says "step 1, no duplicate and no old version passes StateLambda: not verified: the solution does not bring it"
check "a sample has no steps" run 2 verify "$class/group/Zoë" --steps --search random

check "a folder without solutions is bad input" run 2 grade "$class/empty"
check "its message" complains "holds no solution: an empty folder"
check "no folder at all" run 2 grade "$class/nowhere"

[ "$failures" -eq 0 ]

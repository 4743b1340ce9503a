#!/usr/bin/env bash
# The handler cache as users meet it: what changes is time alone.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
cache=$scratch/cache
solution=$scratch/solution
cp -r scenarios/solutions/lab2 "$solution"

# One put, so that the functions are run a few times only.
cat > "$scratch/one.yaml" << 'END'
scenario: one
template: workshop.yaml
workload:
  messages:
    - {trade: T1, version: 0}
  values: distinct
faults: {crash: true, random_failure: true}
END
sed "s|^template: .*|template: $PWD/scenarios/workshop.yaml|" -i "$scratch/one.yaml"

# The result without what depends on time, and the number of runs and of steps from the cache.
verify() { # EXPECTED-EXIT RESULT OPTION...
    local expected=$1 result=$2 status=0
    shift 2
    "$oncecheck" verify "$solution" -s "$scratch/one.yaml" --no-db --json "$scratch/$result.json" "$@" \
        > "$scratch/out" 2> "$scratch/err" || status=$?
    [ "$status" -eq "$expected" ] || { echo "exit $status, expected $expected"; return 1; }
    /usr/bin/python3 - "$scratch/$result" << 'END'
import json, sys
result = json.load(open(sys.argv[1] + ".json"))
runtime = result.pop("runtime", {"handler_runs": 0, "handler_cache_hits": 0})
json.dump(result, open(sys.argv[1] + ".rest", "w"), sort_keys=True)
open(sys.argv[1] + ".runs", "w").write(str(runtime["handler_runs"]))
open(sys.argv[1] + ".hits", "w").write(str(runtime["handler_cache_hits"]))
END
}

same() { cmp -s "$scratch/$1.rest" "$scratch/$2.rest" || { echo "$1 and $2 differ"; return 1; }; }
runs() { cat "$scratch/$1.runs"; }
hits() { cat "$scratch/$1.hits"; }
warns() { grep -qF -- "oncecheck: warning: " "$scratch/err" && grep -qF -- "$1" "$scratch/err"; }

without() { verify 0 none --no-cache && [ "$(runs none)" -gt 0 ] && [ "$(hits none)" -eq 0 ]; }
check "--no-cache runs every function" without

cold() { verify 0 cold --cache "$cache" && same none cold && [ "$(hits cold)" -eq 0 ] && silent; }
check "an empty cache changes nothing" cold

warm() { verify 0 warm --cache "$cache" && same none warm && [ "$(runs warm)" -eq 0 ] && silent; }
check "a second run runs no function" warm

by_default() {
    XDG_CACHE_HOME=$scratch/xdg verify 0 default && [ -f "$scratch/xdg/oncecheck/handlers.db" ] &&
        XDG_CACHE_HOME=$scratch/xdg verify 0 default && [ "$(runs default)" -eq 0 ] &&
        mkdir -p "$scratch/home/.cache" && cp -r "$scratch/xdg/oncecheck" "$scratch/home/.cache/" &&
        HOME=$scratch/home XDG_CACHE_HOME='' verify 0 default && [ "$(runs default)" -eq 0 ]
}
check "it lies where the XDG specification says" by_default

one_changed() {
    echo '# changed' >> "$solution/MapLambda/lambda_function.py"
    verify 0 changed --cache "$cache" && same none changed &&
        [ "$(runs changed)" -gt 0 ] && [ "$(hits changed)" -gt 0 ] &&
        verify 0 changed --cache "$cache" && [ "$(runs changed)" -eq 0 ]
}
check "a change to one function runs that one alone" one_changed

elsewhere() {
    local given=$solution
    verify 0 here --cache "$cache" --share-code && cp -r "$solution" "$scratch/a copy" || return 1
    solution="$scratch/a copy"
    verify 0 copy --cache "$cache" --share-code && verify 0 apart --cache "$scratch/apart"
    local status=$?
    solution=$given
    [ "$status" -eq 0 ] && [ "$(runs copy)" -eq 0 ] && [ "$(runs apart)" -gt 0 ] && same copy apart
}
check "--share-code: the same code elsewhere is not run again" elsewhere

broken_code() {
    cp "$solution/MapLambda/lambda_function.py" "$scratch/kept.py"
    echo 'import no_such_module' >> "$solution/MapLambda/lambda_function.py"
    local status=0
    "$oncecheck" verify "$solution" -s "$scratch/one.yaml" --no-db --cache "$cache" \
        > "$scratch/out" 2> "$scratch/err" || status=$?
    cp "$scratch/kept.py" "$solution/MapLambda/lambda_function.py"
    [ "$status" -eq 2 ] && grep -qF "No module named 'no_such_module'" "$scratch/err"
}
check "a package that cannot be loaded is told before the search" broken_code

violated() {
    sed -i 's/ClientRequestToken=.*/ClientRequestToken=str(__import__("uuid").uuid4()),/' \
        "$solution/ReduceLambda/lambda_function.py"
    verify 1 first --cache "$cache" --trace "$scratch/first.trace" &&
        verify 1 second --cache "$cache" --trace "$scratch/second.trace" &&
        cmp -s "$scratch/first.trace" "$scratch/second.trace" && [ "$(runs second)" -eq 0 ] &&
        "$oncecheck" replay "$scratch/second.trace" > /dev/null 2> "$scratch/err"
    local status=$?
    cp scenarios/solutions/lab2/ReduceLambda/lambda_function.py "$solution/ReduceLambda/"
    [ "$status" -eq 1 ]
}
check "a counterexample is the same, and replayed by real runs" violated

not_deterministic() {
    cp "$solution/ReduceLambda/functions.py" "$scratch/kept.py"
    cat >> "$solution/ReduceLambda/functions.py" << 'END'

def read_parameter(client, name):
    with open("/proc/self/stat", encoding="ascii") as file:
        key = {"parameter": {"S": name + file.read().split()[0]}}
    client.get_item(TableName="ParameterTable", Key=key)
    return 0
END
    verify 4 chance --cache "$cache"
    local status=$?
    verify 4 chance --cache "$cache" || status=1
    cp "$scratch/kept.py" "$solution/ReduceLambda/functions.py"
    return $status
}
check "what is not deterministic is not kept" not_deterministic

damaged() {
    /usr/bin/python3 - "$cache/handlers.db" << 'END'
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("UPDATE step SET body = substr(body, 1, length(body) - 1) || x'41'")
connection.commit()
END
    verify 0 damaged --cache "$cache" && same none damaged && warns "is damaged" &&
        verify 0 damaged --cache "$cache" && same none damaged && silent && [ "$(runs damaged)" -eq 0 ]
}
check "damaged entries are dropped and computed again" damaged

truncated() {
    truncate -s 8200 "$cache/handlers.db"
    verify 0 truncated --cache "$cache" && same none truncated && warns "it is removed" &&
        verify 0 truncated --cache "$cache" && same none truncated && silent &&
        verify 0 truncated --cache "$cache" && [ "$(runs truncated)" -eq 0 ]
}
check "a truncated file is removed" truncated

foreign() {
    mkdir -p "$scratch/foreign"
    echo "not a database, and longer than its header: $(seq 100)" > "$scratch/foreign/handlers.db"
    cp "$scratch/foreign/handlers.db" "$scratch/kept"
    verify 0 foreign --cache "$scratch/foreign" && same none foreign && warns "without the cache" &&
        cmp -s "$scratch/kept" "$scratch/foreign/handlers.db"
}
check "a file of another program is left alone" foreign

no_folder() {
    verify 0 folder --cache /dev/null/cache && same none folder && warns "without the cache"
}
check "a folder that cannot be made costs a warning" no_folder

locked() {
    /usr/bin/python3 -u - "$cache/handlers.db" << 'END' > "$scratch/locked" &
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked")
time.sleep(60)
END
    local holder=$! status=0
    until grep -q locked "$scratch/locked"; do sleep 0.1; done
    { verify 0 locked --cache "$cache" && same none locked && warns "keeps the handler cache locked"; } ||
        status=1
    kill "$holder"
    wait "$holder" 2> /dev/null
    return $status
}
check "a locked file costs a warning" locked

two_at_once() {
    rm -rf "$cache"
    local first status=0
    "$oncecheck" verify "$solution" -s "$scratch/one.yaml" --no-db --cache "$cache" -q \
        > "$scratch/out1" 2> "$scratch/err1" &
    first=$!
    { verify 0 two --cache "$cache" && same none two && silent; } || status=1
    wait "$first" || status=1
    [ ! -s "$scratch/err1" ] || { cat "$scratch/err1"; status=1; }
    verify 0 two --cache "$cache" && [ "$(runs two)" -eq 0 ] && return $status
}
check "two at once share one" two_at_once

both() {
    local status=0
    "$oncecheck" verify "$solution" --cache "$cache" --no-cache > /dev/null 2> "$scratch/err" || status=$?
    [ "$status" -eq 2 ] && grep -qF -- "--cache and --no-cache: give one or the other" "$scratch/err"
}
check "--cache and --no-cache exclude each other" both

[ "$failures" -eq 0 ]

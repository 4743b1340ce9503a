# For tests/cli/*.sh: run build/oncecheck as a user does and look at what it says.
# A script sources this file first and ends with [ "$failures" -eq 0 ].
# shellcheck shell=bash
cd "$(dirname "$0")/../.." || exit 1
oncecheck=${ONCECHECK:-build/oncecheck}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_STATE_HOME=$scratch/state
failures=0

check() { # NAME COMMAND...: ok if the command succeeds
    local name=$1
    shift
    if "$@"; then
        echo "ok $name"
    else
        echo "not ok $name"
        [ ! -s "$scratch/err" ] || cat "$scratch/err"
        failures=$((failures + 1))
    fi
}

run() { # EXPECTED-EXIT ARGUMENTS...: output in $scratch/out and $scratch/err
    local expected=$1 status=0
    shift
    "$oncecheck" "$@" > "$scratch/out" 2> "$scratch/err" || status=$?
    [ "$status" -eq "$expected" ] || { echo "exit $status, expected $expected: $*"; return 1; }
}

says() { grep -qF -- "$1" "$scratch/out" || { echo "missing: $1"; cat "$scratch/out"; return 1; }; }
says_like() { # REGULAR-EXPRESSION of a line
    grep -qE -- "$1" "$scratch/out" || { echo "no line: $1"; cat "$scratch/out"; return 1; }
}
complains() { grep -qF -- "$1" "$scratch/err" || { echo "missing on stderr: $1"; return 1; }; }
silent() { [ ! -s "$scratch/err" ]; }

field() { # FILE PYTHON-EXPRESSION over r, the file's JSON
    /usr/bin/python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

is() { # FILE PYTHON-EXPRESSION VALUE
    local found
    found=$(field "$1" "$2")
    [ "$found" = "$3" ] || { echo "$2 is $found, expected $3"; return 1; }
}

# For tests/cli/solutions_*.sh: one solution, its verdict and its reason. Sets `failures`.
# shellcheck shell=bash
cd "$(dirname "$0")/../.." || exit 1
oncecheck=${ONCECHECK:-build/oncecheck}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
# what every search says that proved its verdict for however many faults
# shellcheck disable=SC2034 # used by the scripts that read this file
any="for any number of faults"

verdict() { # SOLUTION EXPECTED-EXIT TEXT-OF-THE-OUTPUT [OPTION...]
    local name=$1 expected=$2 text=$3 status=0
    shift 3
    "$oncecheck" verify "scenarios/solutions/$name" -s tests/cli/scenarios/small.yaml "$@" \
        > "$scratch/out" 2> "$scratch/err" || status=$?
    if [ "$status" -eq "$expected" ] && grep -qF -- "$text" "$scratch/out"; then
        echo "ok $name"
    else
        echo "not ok $name: exit $status, expected $expected and '$text'"
        head -n 12 "$scratch/out" "$scratch/err"
        failures=$((failures + 1))
    fi
}

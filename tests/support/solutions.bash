# For tests/cli/solutions_*.sh: one solution, its verdict and its reason. Sets `failures`.
# shellcheck shell=bash
# shellcheck source=tests/support/cli.bash
source "$(dirname "${BASH_SOURCE[0]}")/cli.bash"
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

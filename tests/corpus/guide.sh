#!/usr/bin/env bash
# The guide of scenarios/README.md: its solution goes the way from wrong to right, and each command still says what the guide
# shows. Lines of "..." stand for what the guide leaves out; times and figures are not shown there.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
guide=scenarios/README.md
folder=$scratch/my-solution
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/oncecheck}

shown() { # N: what the guide shows of its N-th command, a line each
    awk -v wanted="$1" '/^    \$ /{n++; next} /^    /{if (n == wanted) print substr($0, 5); next} {if (n == wanted && NF) exit}' "$guide" |
        grep -vE '^ *\.\.\.$'
}
guide_says() { # N: all of it is in the output
    local line count=0
    while IFS= read -r line; do
        [ -n "$line" ] || continue
        count=$((count + 1))
        grep -qF -- "${line% ...}" "$scratch/out" || { echo "not said: $line"; return 1; }
    done < <(shown "$1")
    [ "$count" -gt 0 ] || { echo "the guide shows nothing of its command $1"; return 1; }
}
verify() { run "$1" verify "$folder" --share-code --cache "$cache" --no-db --trace "$scratch/bug.json"; }

mkdir "$folder"
cp -r scenarios/solutions/state-no-condition/StateLambda scenarios/solutions/reduce-no-token/ReduceLambda "$folder/"
first() { verify 1 && guide_says 2; }
check "the first run" first
replayed() { run 1 replay "$scratch/bug.json" && guide_says 3; }
check "the counterexample again" replayed
cp scenarios/solutions/lab2/StateLambda/*.py "$folder/StateLambda/"
repaired() { run 0 replay "$scratch/bug.json" "$folder" && guide_says 4; }
check "the counterexample on the repaired function" repaired
second() { verify 1 && guide_says 5; }
check "the second run" second
cp scenarios/solutions/lab2/ReduceLambda/*.py "$folder/ReduceLambda/"
third() { verify 0 && guide_says 6; }
check "the third run" third
audited() { run 1 audit --handlers lab2 && guide_says 7; }
check "what is beyond the lab" audited

[ "$failures" -eq 0 ]

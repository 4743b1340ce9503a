#!/usr/bin/env bash
# docs/limits.md: every limit is in a header with that value, and has the test that is named.
set -uo pipefail
# shellcheck source=tests/support/expect.bash
source "$(dirname "$0")/../support/expect.bash"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
criterion_tests >"$scratch/tests"
for script in tests/cli/*.sh; do
    sed -nE "s/^ *check (\"([^\"]+)\"|([a-z_]+)) .*/${script##*/}: \2\3/p" "$script"
done >>"$scratch/tests"

value() { # NAME: what the header says, as a number
    local found
    found=$(git grep -hE "^#define $1 |^enum \{.*\b$1 = |^    $1 = " -- 'model/*.h' 'checker/*.h' 'reports/*.h' |
        sed -nE "s/.*\b$1( =)? ([^,;}/]*).*/\2/p")
    [[ "$found" =~ ^[0-9\ \*\<]+$ ]] && echo $((found))
}

complaints() { # FILE
    awk -F'|' '/^\|/ && !/^\| *what *\|/ && !/^\|-/ { print $3 "|" $4 "|" $5 }' "$1" |
        while IFS='|' read -r most name test; do
            name=$(tr -d '` ' <<<"$name")
            most=$(grep -oE '[0-9][0-9,]*' <<<"$most" | head -1 | tr -d ,)
            test=${test# }
            [ "$(value "$name")" = "$most" ] || echo "$name is '$(value "$name")', not $most"
            grep -qxF -- "${test% }" "$scratch/tests" || echo "no test '${test% }'"
        done
}

expect limits_are_as_documented "$(complaints docs/limits.md)" ""
expect limits_are_found "$([ "$(grep -c '^| .*_MAX`' docs/limits.md)" -ge 40 ] && echo many)" many
# shellcheck disable=SC2016 # backquotes are Markdown's
printf '| what | at most | name | test |\n|---|---|---|---|\n| a | 65 levels | `YAML_DEPTH_MAX` | yaml/limits_depth |\n' >"$scratch/wrong.md"
expect a_wrong_value_is_found "$(complaints "$scratch/wrong.md")" "YAML_DEPTH_MAX is '64', not 65"
sed -i 's/65/64/; s/limits_depth/none/' "$scratch/wrong.md"
expect a_wrong_test_is_found "$(complaints "$scratch/wrong.md")" "no test 'yaml/none'"

[ "$failures" -eq 0 ]

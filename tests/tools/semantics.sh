#!/usr/bin/env bash
# model/SEMANTICS.md: every row of its tables names functions and tests that there are.
set -uo pipefail
# shellcheck source=tests/support/expect.bash
source "$(dirname "$0")/../support/expect.bash"

root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# name( at the beginning of a definition, on the line that starts in the first column
find model -name '*.c' -exec grep -hE '^[A-Za-z]' {} + | grep -oE '[a-z_0-9]+\(' | tr -d '(' |
    sort -u >"$scratch/functions"
# suite/test
criterion_tests | sort -u >"$scratch/tests"

# A table's rows as RULE|FUNCTIONS|TESTS; what stands in parentheses after a function is no function.
rows() { # FILE
    awk -F'|' '/^\|/ && !/^\| *rule *\|/ && !/^\|-/ {
        if (NF != 6)
            print "a row of " NF - 2 " cells: " $0 > "/dev/stderr"
        gsub(/\([^)]*\)/, "", $4)
        print $2 "|" $4 "|" $5
    }' "$1"
}

complaints() { # FILE: what is wrong with it
    rows "$1" 2>&1 | while IFS='|' read -r rule functions tests; do
        # shellcheck disable=SC2016 # backquotes are Markdown's
        found=$(grep -oE '`[a-z_0-9]+`' <<<"$functions" | tr -d '`')
        [ -n "$found" ] || echo "no function:$rule"
        for name in $found; do
            grep -qxF -- "$name" "$scratch/functions" || echo "no function $name:$rule"
        done
        [ -n "${tests// /}" ] || echo "no test:$rule"
        for name in ${tests//,/ }; do
            grep -qxF -- "$name" "$scratch/tests" || echo "no test $name:$rule"
        done
    done
}

table=$root/model/SEMANTICS.md
for section in DynamoDB Kinesis "Event source mappings and Lambda" Streams; do
    expect "section_${section// /_}" "$(grep -cxF "## $section" "$table")" 1
done
expect rows_name_what_there_is "$(complaints "$table")" ""
expect rows_are_found "$([ "$(rows "$table" | wc -l)" -ge 80 ] && echo many)" many

row() { # FUNCTIONS TESTS: what is wrong with a table of this row
    printf '| rule | source | function | test |\n|---|---|---|---|\n| A | G | %s | %s |\n' \
        "$1" "$2" >"$scratch/table.md"
    complaints "$scratch/table.md"
}

# shellcheck disable=SC2016 # backquotes are Markdown's
{
    expect good_row "$(row '`world_event` (`not_a_function`)' kinesis/spreads_keys_by_md5)" ""
    expect unknown_function "$(row '`world_event`, `worlds_event`' kinesis/spreads_keys_by_md5)" \
        "no function worlds_event: A "
    expect unknown_test "$(row '`world_event`' 'kinesis/spreads_keys_by_md5, kinesis/spreads')" \
        "no test kinesis/spreads: A "
    expect row_without_function "$(row 'somewhere' kinesis/spreads_keys_by_md5)" "no function: A "
    expect row_without_test "$(row '`world_event`' '')" "no test: A "
}

[ "$failures" -eq 0 ]

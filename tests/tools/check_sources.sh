#!/usr/bin/env bash
# tools/check_sources.py and tools/check_objects.sh: each rule finds what breaks it and nothing else.
set -uo pipefail
# shellcheck source=tests/support/expect.bash
source "$(dirname "$0")/../support/expect.bash"

tools=$PWD/tools
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

file() { # PATH: contents from standard input
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

finds() { # NAME EXPECTED: check the tree, then empty it
    expect "$1" "$("$tools/check_sources.py")" "$2"
    rm -rf model checker reports tests tools
}

file model/base/low.h </dev/null
file model/base/low.c <<<'#include "model/base/low.h"'
file reports/page.h </dev/null
file checker/main.c <<<'#include "reports/page.h"'
file tests/test_low.c <<<'#include "reports/page.h"'
finds downward_includes_are_right ""

file model/base/low.c <<<'#include "model/high.h"'
file model/high.h </dev/null
finds base_includes_model \
    'model/base/low.c:1: "model/high.h" points upwards, from model/base to model'

file checker/explore.c <<<'  #  include "reports/page.h"'
file reports/page.h </dev/null
finds checker_includes_reports \
    'checker/explore.c:1: "reports/page.h" points upwards, from checker to reports'

file model/high.c <<<'#include "tests/support.h"'
file tests/support.h </dev/null
finds code_includes_tests 'model/high.c:1: "tests/support.h" points upwards, from model to tests'

file model/high.c <<<'#include "high.h"'
finds include_not_from_the_root \
    "model/high.c:1: \"high.h\" is not a path from the project's root"

file model/high.h </dev/null
printf '#include <stdio.h>\n#include "model/high.h"\n' | file model/high.c
finds own_header_first 'model/high.c:1: the first include is not "model/high.h"'

file model/one.c <<<'#include <jansson.h>'
file model/two.c <<<'#include <nettle/md5.h>'
finds libraries_in_one_file_each ""

file model/one.c <<<'#include <nettle/md5.h>'
file model/two.c <<<'#include <nettle/sha2.h>'
finds library_in_two_files "model/one.c:1: nettle is included by model/two.c too
model/two.c:1: nettle is included by model/one.c too"

file model/one.h <<<'#include <jansson.h>'
finds library_in_a_header "model/one.h:1: jansson.h belongs in a .c file"

yes | head -n 600 | file model/one.c
finds length_at_the_limit ""
yes | head -n 601 | file model/one.c
finds length_above_the_limit "model/one.c:601: more than 600 lines"

printf '/* A table. */\n/* clang-format off */\n' | file model/one.c
finds layout_suppressed_with_a_reason ""
printf 'int x;\n/* clang-format off */\n' | file model/one.c
finds layout_suppressed_without_one "model/one.c:2: a suppression without its check or its reason"

{ echo "def long():" && yes "    pass" | head -n 69; } | file model/one.py
finds python_function_at_the_limit ""
{ echo "def long():" && yes "    pass" | head -n 70; } | file model/one.py
finds python_function_above_the_limit "model/one.py:1: long has 71 lines"

file model/one.c <<<'/* NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX deep */'
finds suppression_with_a_reason ""
file model/one.c <<<'int x; /* NOLINT */'
finds suppression_without_a_check "model/one.c:1: a suppression without its check or its reason"
file model/one.c <<<'/* NOLINTNEXTLINE(misc-no-recursion) */'
finds suppression_without_a_reason "model/one.c:1: a suppression without its check or its reason"

compiles() { # PATH: compile standard input to the object of PATH and check it
    mkdir -p "obj/$(dirname "$1")"
    ${CC:-cc} -x c -O1 -c -o "obj/${1%.c}.o" - &&
        "$tools/check_objects.sh" obj "obj/${1%.c}.o"
}

expect constants_are_right "$(compiles model/a.c <<'END'
static const char *const names[] = {"a", "b"};
const char *name(int i);
const char *name(int i) { return names[i]; }
END
)" ""

expect mutable_globals "$(compiles checker/a.c <<'END'
static int counter;
static _Thread_local int mine = 1;
int next(void);
int next(void) { return ++counter + ++mine; }
END
)" "checker/a.c: mutable global counter
checker/a.c: mutable global mine"

expect printing_and_exit "$(compiles reports/a.c <<'END'
#include <stdio.h>
#include <stdlib.h>
void leave(int x);
void leave(int x) { fprintf(stderr, "%d", x); exit(2); }
END
)" "reports/a.c: uses exit
reports/a.c: uses stderr"

clock='#include <time.h>
long now(void);
long now(void) { return (long)time(NULL); }'
expect model_reads_the_clock "$(compiles model/a.c <<<"$clock")" "model/a.c: uses time"
expect checker_reads_the_clock "$(compiles checker/a.c <<<"$clock")" ""
expect python_host_reads_the_clock "$(compiles model/python/a.c <<<"$clock")" ""

[ "$failures" -eq 0 ]

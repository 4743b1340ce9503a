#!/usr/bin/env bash
# Rules about what compiled code may touch, read off the object files:
#
#   * no mutable globals (data or bss, thread-local or not), anywhere;
#   * no exit() below checker/main.c and no printing below the command line (checker/command*.c);
#   * model/ reads no clock, environment, locale, random source or process id. model/python, which
#     runs processes and has to give up on them after real time, is excepted.
#
#   check_objects.sh OBJECT_DIR OBJECT...      OBJECT_DIR/model/base/text.o is model/base/text.c
#
# Prints "source: what is wrong"; exit status 1 if there is something.
set -euo pipefail

root=$1
shift

ends='exit|_exit|_Exit|quick_exit|err|errx|error'
prints='printf|vprintf|puts|putchar|putc|perror|psignal|stdout|warn|warnx'
impure='time|clock|clock_gettime|gettimeofday|timespec_get|getenv|secure_getenv|environ|setlocale|newlocale|uselocale|localeconv|localtime|localtime_r|mktime|rand|rand_r|random|drand48|getrandom|getentropy|arc4random|getpid|getppid|gettid|gethostname'

# The CHECK macro's last words go to standard error: the only place below the command line that does.
writes_stderr='model/base/error.c'

complaints=$(
    for object in "$@"; do
        source=${object#"$root"/}
        source=${source%.o}.c
        undefined=$(nm --undefined-only --format=posix "$object" | cut -d' ' -f1)

        objdump --syms "$object" |
            awk -F '\t' -v source="$source" '{
                count = split($1, left, " ")
                section = left[count]
                split($2, right, " ")
                if (section ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
                    section !~ /^\.data\.rel\.ro/ && right[2] != section)
                    print source ": mutable global " right[2]
            }'
        grep -xE "$ends" <<<"$undefined" | sed "s|.*|$source: uses &|" || true
        case $source in
        checker/command*) ;;
        "$writes_stderr") grep -xE "$prints" <<<"$undefined" | sed "s|.*|$source: uses &|" || true ;;
        *) grep -xE "$prints|stderr" <<<"$undefined" | sed "s|.*|$source: uses &|" || true ;;
        esac
        case $source in
        model/python/*) ;;
        model/*) grep -xE "$impure" <<<"$undefined" | sed "s|.*|$source: uses &|" || true ;;
        esac
    done
)
if [ -n "$complaints" ]; then
    echo "$complaints"
    exit 1
fi

#!/usr/bin/env bash
# Rules about what compiled code may touch, read off the object files:
#
#   * no mutable globals (data or bss, thread-local or not), anywhere;
#   * no exit() and no printing below checker/main.c;
#   * model/ reads no clock, environment, locale, random source or process id. model/python, which
#     runs processes and has to give up on them after real time, is excepted.
#
#   check_objects.sh OBJECT_DIR OBJECT...      OBJECT_DIR/model/base/text.o is model/base/text.c
#
# Prints "source: what is wrong"; exit status 1 if there is something.
set -euo pipefail

root=$1
shift

ends_or_prints='exit|_exit|_Exit|quick_exit|printf|vprintf|puts|putchar|putc|perror|psignal|stdout|err|errx|warn|warnx|error'
impure='time|clock|clock_gettime|gettimeofday|timespec_get|getenv|secure_getenv|environ|setlocale|newlocale|uselocale|localeconv|localtime|localtime_r|mktime|rand|rand_r|random|drand48|getrandom|getentropy|arc4random|getpid|getppid|gettid|gethostname'

# The CHECK macro's last words go to standard error: the only place below main.c that does.
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
        grep -xE "$ends_or_prints" <<<"$undefined" | sed "s|.*|$source: uses &|" || true
        if [ "$source" != "$writes_stderr" ]; then
            grep -xE stderr <<<"$undefined" | sed "s|.*|$source: uses &|" || true
        fi
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

#!/usr/bin/env bash
# Full disks, and run databases and caches that are locked, damaged or no such thing: a clear error or
# warning, never another verdict.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
what=(--handlers lab1 -s lab2-step2 -q)

# --- full disks: /dev/full, and a file system of some kilobytes where one may be mounted ---

no_room() { # EXPECTED-MESSAGE ARGUMENT...
    local message=$1
    shift
    run 2 "$@" && complains "$message"
}
run 1 verify "${what[@]}" --db "$scratch/good" > /dev/null
run 1 verify "${what[@]}" --db "$scratch/good" > /dev/null
for option in --json --trace --html --junit --sarif; do
    check "verify $option: a full disk is an error" no_room "cannot write /dev/full: No space left" \
        verify "${what[@]}" --no-db "$option" /dev/full
done
for format in json html mermaid pytest dot itf junit sarif; do
    check "report $format: a full disk is an error" no_room "cannot write /dev/full: No space left" \
        report last --db "$scratch/good" --format "$format" -o /dev/full
done
check "audit: a full disk is an error" no_room "cannot write /dev/full" audit --handlers lab2 --max-states 10 --json /dev/full
check "simulate: a full disk is an error" no_room "cannot write /dev/full" simulate --handlers lab2 --minutes 1 --html /dev/full
check "a run database that nothing can be written to is an error" no_room "the disk is full" verify "${what[@]}" --db /dev/full

mute() { # ARGUMENT...: standard output has no room
    local status=0
    "$oncecheck" "$@" > /dev/full 2> "$scratch/err" || status=$?
    [ "$status" = 2 ] || { echo "exit $status: $*"; return 1; }
    complains "cannot write standard output"
}
check "standard output may be full: verify" mute verify "${what[@]}" --no-db
check "standard output may be full: verify --json -" mute verify "${what[@]}" --no-db --json -
check "standard output may be full: runs" mute runs --db "$scratch/good"
check "standard output may be full: report" mute report last --db "$scratch/good" --format html
check "standard output may be full: scenarios" mute scenarios
check "standard output may be full: --help" mute --help
check "standard output may be full: --version" mute --version

# In a mount namespace of its own: COMMAND runs with $small, a folder of SIZE bytes.
in_small() { # SIZE EXPECTED-EXIT ARGUMENT...: SMALL in arguments stands for it
    local size=$1 expected=$2 status=0
    shift 2
    mkdir -p "$scratch/small"
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --map-root-user sh -c 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"' sh \
        "$size" "$scratch/small" "$oncecheck" "${@/SMALL/$scratch/small}" > "$scratch/out" 2> "$scratch/err" || status=$?
    [ "$status" = "$expected" ] || { echo "exit $status, expected $expected: $*"; return 1; }
}
full_checkpoint() {
    in_small 16k 0 verify --handlers lab2 -q --no-db --checkpoint SMALL/saved --checkpoint-every 0.001 &&
        complains "warning: cannot write $scratch/small/saved" && says "holds"
}
full_database() { in_small 16k 2 verify "${what[@]}" --db SMALL/runs.db && complains "No space left on device"; }
full_cache() {
    in_small 64k 0 verify scenarios/solutions/lab2 -s audit -q --no-db --cache SMALL &&
        complains "cannot write the handler cache: the disk is full" && says "holds"
}
if unshare --mount --map-root-user mount -t tmpfs none /mnt 2> /dev/null; then
    check "a search checkpoint without room is a warning" full_checkpoint
    check "a run database without room is an error" full_database
    check "a handler cache without room is a warning" full_cache
else
    echo "no file system may be mounted here: disks are full as /dev/full only"
fi

# --- the run database ---

locked() { # the verdict comes, the run is not recorded
    /usr/bin/python3 -u -c 'import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked")
time.sleep(60)' "$scratch/good" > "$scratch/locked" &
    local holder=$! status=0
    until grep -q locked "$scratch/locked"; do sleep 0.05; done
    { run 1 verify "${what[@]}" --db "$scratch/good" && complains "another process keeps the run database locked"; } || status=1
    kill "$holder"
    wait "$holder" 2> /dev/null
    return $status
}
check "a run database that is locked costs a warning" locked

no_database() { # FILE MESSAGE
    no_room "$2" verify "${what[@]}" --db "$1"
}
mkdir "$scratch/folder"
check "a folder is no run database" no_database "$scratch/folder" "Is a directory"
check "text is none" no_database README.md "the file is no SQLite database"
check "the default one may be out of reach" run 1 verify "${what[@]}"
out_of_reach() { XDG_STATE_HOME=/dev/null/x run 1 verify "${what[@]}" && complains "warning: this run is not recorded"; }
check "which costs a warning" out_of_reach

# Bytes of every page at random, and cut off: what is shown is what was recorded, or an error is.
# What verify says is its verdict, with a warning or an error where it cannot be recorded.
damaged() {
    /usr/bin/python3 - "$oncecheck" "$scratch/good" "$scratch/damaged" << 'END'
import random, subprocess, sys
program, good, file = sys.argv[1:]
draw = random.Random(1)
whole = open(good, "rb").read()
page = 4096

def ask(*arguments):
    return subprocess.run([program, *arguments], capture_output=True, timeout=30)

def views():
    return [ask("runs", "--db", file), ask("runs", "compare", "1", "2", "--db", file), ask("report", "1", "--format", "html", "--db", file)]

def write(content):
    for suffix in ("", "-wal", "-shm"):
        open(file + suffix, "wb").write(content if suffix == "" else b"")

write(whole)
shown = [view.stdout for view in views()]
damages = []
for start in range(0, len(whole), page):
    content = bytearray(whole)
    for _ in range(draw.choice((1, 8, 64))):
        content[start + draw.randrange(page)] = draw.randrange(256)
    damages.append(content)
damages += [whole[:size] for size in (20, 100, 4000, len(whole) // 2, len(whole) - 1)]
noticed = 0
for n, content in enumerate(damages):
    write(content)
    for view, before in zip(views(), shown):
        if view.returncode == 2:
            noticed += 1
            assert view.stderr.startswith(b"oncecheck: ") and view.stderr.count(b"\n") == 1, (n, view)
        else:
            assert view.returncode == 0, (n, view)
            # a page that nothing is on; or a run that is in no list any more
            assert view.args[1:2] == ["runs"] or view.stdout == before, (n, view.args)
            assert set(view.stdout.splitlines()) <= set(before.splitlines()), (n, view.args)
    if n % 16 == 0:
        verdict = ask("verify", "--handlers", "lab1", "-s", "lab2-step2", "-q", "--db", file)
        assert verdict.returncode in (1, 2) and (b"violated" in verdict.stdout or verdict.stderr), (n, verdict)
assert noticed > 20, noticed
END
}
check "damage to a run database is noticed or of no consequence" damaged

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# The jail as users meet it: what --jail says and refuses, and solutions that attack.
set -u
# shellcheck source=tests/support/cli.bash
source "$(dirname "$0")/../support/cli.bash"
chmod 755 "$scratch" # read by the jail's user

cat > "$scratch/one.yaml" << END
scenario: one
template: $PWD/scenarios/workshop.yaml
workload:
  messages:
    - {trade: T1, version: 0}
  values: distinct
faults: {crash: true}
END

solution() { # NAME: one whose StateLambda begins with what comes from standard input
    mkdir -p "$scratch/$1"
    cp -r scenarios/solutions/lab2/StateLambda "$scratch/$1/"
    { cat; cat scenarios/solutions/lab2/StateLambda/lambda_function.py; } \
        > "$scratch/$1/StateLambda/lambda_function.py"
}

verify() { # EXPECTED-EXIT SOLUTION OPTION...
    local expected=$1 name=$2
    shift 2
    run "$expected" verify "$scratch/$name" -s "$scratch/one.yaml" --no-db --no-cache "$@"
}

solution plain < /dev/null
layers() { verify 0 plain && says_like '^  jail         ' && silent; }
check "the start says which layers there are" layers

off() { verify 0 plain --jail off && says "jail         off"; }
check "--jail off says so" off

wrong() { verify 2 plain --jail perhaps && complains "found 'perhaps', expected auto, require or off"; }
check "another mode is an error" wrong

required() { # complete, or an error that names what is missing
    verify 0 plain
    if grep -q '^  jail .*missing' "$scratch/out"; then
        verify 2 plain --jail require && complains "is not complete" && complains "missing: "
    else
        verify 0 plain --jail require
    fi
}
check "--jail require insists on every layer" required

solution reader << 'END'
import os
for path in ("/etc/passwd", os.path.expanduser("~root/.ssh/id_rsa"), "/proc/1/environ"):
    try:
        open(path, "rb").read()
    except OSError:
        pass
    else:
        if path != "/proc/1/environ" or b"ONCECHECK_SECRET" in open(path, "rb").read():
            raise ValueError("could read " + path)
if "ONCECHECK_SECRET" in os.environ:
    raise ValueError("could read the environment")
END
reader() { ONCECHECK_SECRET=1 verify 0 reader; }
check "what is imported reads no secrets" reader

solution starter << 'END'
import subprocess
subprocess.run(["touch", "/tmp/oncecheck-was-here"])
END
starter() { verify 2 starter && complains "StateLambda/lambda_function.py:2: " && complains "starts a process, which the jail forbids"; }
check "a program that an import starts is named with its line" starter

solution killer << 'END'
import os, signal
for number in range(1, 5000):
    try:
        os.kill(number, signal.SIGKILL)
    except OSError:
        pass
END
killer() { verify 0 killer; }
check "what kills all that it sees reaches nobody" killer

solution tmp << 'END'
import json, os
with open("/tmp/settings.json", "w") as file:
    json.dump({"a": 1}, file)
assert os.listdir("/tmp") == ["settings.json"]
END
tmp() { verify 0 tmp && [ ! -e /tmp/settings.json ]; }
check "an import may leave files in /tmp" tmp

# Other tests run at the same time, and their folders come and go, or stay where a test kills what
# made them; ours, should it be left, would stay for ever in every try.
folders() { find /tmp -maxdepth 1 -name 'oncecheck-??????' | sort; }
gone() { # FILE: within half a minute none of the folders that it names is there
    local i
    for ((i = 0; i < 60; i++)); do
        [ -z "$(comm -12 "$1" <(folders))" ] && return
        sleep 0.5
    done
    return 1
}
clean() {
    local i
    for ((i = 0; i < 4; i++)); do
        folders > "$scratch/before"
        verify 0 plain || return 1
        comm -13 "$scratch/before" <(folders) > "$scratch/new"
        gone "$scratch/new" && return
    done
    return 1
}
check "nothing stays in the real /tmp" clean

[ "$failures" -eq 0 ]

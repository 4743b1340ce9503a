#!/usr/bin/env bash
# tools/install_packages.sh, with a dpkg-query and an apt-get of our own: `here` is installed,
# `removed` was once, `absent` never.
set -uo pipefail

script=$PWD/tools/install_packages.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

mkdir bin
cat >bin/dpkg-query <<'END'
#!/usr/bin/env bash
echo "here installed"
echo "removed config-files"
exit 1
END
cat >bin/apt-get <<'END'
#!/usr/bin/env bash
echo "apt-get $*" >>apt.log
END
cat >bin/sudo <<'END'
#!/usr/bin/env bash
exec "$@"
END
chmod +x bin/*
export PATH=$scratch/bin:$PATH
export PACKAGES="build here    is there
build removed was there
test  absent  will be there"

failures=0
expect() { # NAME EXPECTED_APT_CALLS EXPECTED_OUTPUT ARGUMENT...
    local name=$1 calls=$2 expected=$3 output
    shift 3
    : >apt.log
    output=$("$script" "$@" 2>&1)
    if [ "$(cat apt.log)" = "$calls" ] && [ "$output" = "$expected" ]; then
        echo "ok $name"
    else
        echo "not ok $name: output '$output', calls '$(cat apt.log)'"
        failures=$((failures + 1))
    fi
}

install="apt-get install -y -qq --no-install-recommends"
expect other_groups_are_left_alone "apt-get update -qq
$install removed" "deps: installing removed (was there)" build
expect every_missing_package "apt-get update -qq
$install removed absent" "deps: installing removed (was there)
deps: installing absent (will be there)" build test
expect unknown_group_needs_nothing "" "" lint
PACKAGES="build here is there" \
    expect nothing_missing_nothing_done "" "" build
PACKAGES="build here is there" \
    expect list_names_packages_and_reasons "" "here               installed     is there" --list build

[ "$failures" -eq 0 ]

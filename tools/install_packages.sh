#!/usr/bin/env bash
# Install the Debian packages of the named groups that are missing.
#
#   PACKAGES="group package reason..." (a line each) install_packages.sh [--list] GROUP...
#
# Quick and silent where nothing is missing; --list names every package and what it is for.
set -euo pipefail

list=false
if [ "${1:-}" = --list ]; then
    list=true
    shift
fi

declare -A reasons=()
names=()
while read -r group name reason; do
    for wanted in "$@"; do
        if [ "$group" = "$wanted" ]; then
            names+=("$name")
            reasons[$name]=$reason
        fi
    done
done <<<"$PACKAGES"

if ! command -v dpkg-query >/dev/null; then
    echo "deps: no dpkg here; needed are, by their Debian names: ${names[*]}" >&2
    exit 0
fi

declare -A installed=()
while read -r name status; do
    installed[$name]=$status
done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${names[@]}" 2>/dev/null || true)

missing=()
for name in "${names[@]}"; do
    if [ "${installed[$name]:-}" != installed ]; then
        missing+=("$name")
    fi
    if $list; then
        printf '%-18s %-13s %s\n' "$name" "${installed[$name]:-missing}" "${reasons[$name]}"
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
for name in "${missing[@]}"; do
    echo "deps: installing $name (${reasons[$name]})"
done
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"

# shellcheck shell=bash
# What the tools share. A tool sources it after `set -euo pipefail`, and is then in the project's folder.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly project tool=${0##*/}
cd "$project" || exit

# Prints a headline for what comes next.
say() { printf '\n== %s\n' "$*"; }

# Prints one line to stderr and ends the tool with status 2: it was called in a way that it does not know.
die() {
  printf 'tools/%s: %s\n' "$tool" "$*" >&2
  exit 2
}

# Prints the comment at the top of the tool.
print_help() { sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "tools/$tool"; }

# build PRESET [TARGET...]: configures the preset and builds the targets, or all there are.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" --log-level=WARNING
  cmake --build --preset "$preset" ${1:+--target "$@"}
}

#!/usr/bin/env bash
# compile_time_ratio.bash LIMIT HEADER-OR-SOURCE OUTPUT COMMAND...
#
# Compiles a file by COMMAND into OUTPUT, and holds that this takes no more than LIMIT times as much processor time as the
# same command takes for a program that only includes <Eigen/Dense>. A machine may be slow, or busy: both are compiled in
# turn, the least time of each counts, and only where the ratio is too high there is another round, up to three.
set -euo pipefail
export LC_ALL=C
limit=$1 file=$2 output=$3
shift 3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '#include <Eigen/Dense>\nint main() {}\n' >"$folder/reference.cpp"
printf '#include "%s"\n' "$file" >"$folder/file.cpp"

# Prints how many milliseconds of processor time a command takes.
processor_time() {
  local TIMEFORMAT='%3U %3S' user system
  { time "$@" 2>&3; } 3>&2 2>"$folder/time" || return
  read -r user system <"$folder/time"
  echo $((10#${user/./} + 10#${system/./}))
}

# keep_least NAME COMMAND...: puts the command's time into the variable where it is less than what stands there.
keep_least() {
  local -n least=$1
  local time
  time=$(processor_time "${@:2}")
  ((least > 0 && least < time)) || least=$time
}

reference=0 ours=0
for _ in 1 2 3; do
  keep_least reference "$@" "$folder/reference.cpp" -o "$folder/reference"
  keep_least ours "$@" "$folder/file.cpp" -o "$output"
  keep_least reference "$@" "$folder/reference.cpp" -o "$folder/reference"
  ratio=$(awk "BEGIN { printf \"%.2f\", $ours / $reference }")
  echo "$ratio times <Eigen/Dense>, of $limit allowed: $ours ms to $reference ms"
  if awk "BEGIN { exit !($ratio <= $limit) }"; then exit 0; fi
done
exit 1

#!/usr/bin/env bash
# mistakes.bash FOLDER COMPILER [FLAG]...
#
# What a compiler says of mistakes that people make: of each file of tests/house/mistakes the first lines hold what it
# `says:`, by extended regular expressions, or it `compiles`. FOLDER is for the header that all of them include, which is
# precompiled here.
set -euo pipefail
folder=$1 && shift
mistakes=$(dirname "${BASH_SOURCE[0]}")/mistakes
first_lines=12 # those of all includes, of the call, and the sentence

mkdir -p "$folder"
cp "$mistakes/small_net.hpp" "$folder"
"$@" -w -x c++-header "$folder/small_net.hpp" -o "$folder/small_net.hpp.gch"

failures=0
fail() {
  echo "$file: $1, but $2 says" >&2
  sed 's/^/  /' <<<"$said" >&2
  failures=$((failures + 1))
}
for file in "$mistakes"/*.cpp; do
  compiles=yes
  said=$("$@" -fsyntax-only -Werror -fmessage-length=0 -include "$folder/small_net.hpp" "$file" 2>&1) || compiles=no
  sentences=$(sed -n 's,^// says: ,,p' "$file")
  if [[ -z $sentences ]]; then
    [[ $compiles == yes ]] || fail "it compiles" "$1"
    continue
  fi
  [[ $compiles == no ]] || fail "it is a mistake" "$1"
  while read -r sentence; do
    head -n "$first_lines" <<<"$said" | grep -qE -- "$sentence" || fail "its first lines have '$sentence'" "$1"
  done <<<"$sentences"
done
rm -r "$folder"
((failures == 0))

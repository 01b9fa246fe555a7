# compile.sh PKG_CONFIG COMPILER SOURCE PROGRAM VERSION
#
# Compiles the source with what pkg-config says of pupil, and runs the program.
set -eu
[ "$("$1" --modversion pupil)" = "$5" ]
# Words are to be split: they are flags.
# shellcheck disable=SC2046
"$2" -std=c++20 -DEXPECTED_VERSION="\"$5\"" $("$1" --cflags pupil) "$3" $("$1" --libs pupil) -o "$4"
exec "$4"

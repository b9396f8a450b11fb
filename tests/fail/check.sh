#!/usr/bin/env bash
# check.sh KIND COMPILER INCLUDE CASE [OPTION...]
# check.sh KIND COMPILER INCLUDE CASES.cpp... -- [OPTION...]
#
# Holds one case of the must-not-compile suite against one compiler (KIND: g++, clang or nvcc), or
# compiles the corrected forms of all cases, which is one file and so much quicker.
# A case is a program with one mistake. Comments in it name what the diagnostics must contain:
#
#   // expect: matmul                 under every compiler, unless the next form is present
#   // expect(nvcc): matmul           under this compiler; replaces all general expectations
#
# The case must fail with exactly one error, in at most 12 lines, containing every expected text;
# and with SINTER_CONTROL, which corrects the mistake, it must compile. What compilers print of a
# type is matched in one short spelling: operation_name<matmul>, operand_shape<batch, 3>, where they
# say operation_name<'m', 'a', ...>, sinter::operand_shape<sinter::named<...>, extent_of<3L> >.
set -u

kind=$1 compiler=$2 include=$3 case=$4
shift 3
cases=()
if [[ " $* " == *" -- "* ]]; then
  while [ "$1" != -- ]; do cases+=("$1"); shift; done
fi
shift
limit=12

case $kind in
  g++) command=("$compiler" -fsyntax-only -fno-diagnostics-color) ;;
  clang) command=("$compiler" -fsyntax-only -fno-color-diagnostics) ;;
  # The front end reads host and device code alike; nothing behind it is needed.
  nvcc) command=("$compiler" -x cu -ptx -fdevice-syntax-only -o /dev/null) ;;
  *) echo "check.sh: unknown kind of compiler '$kind'" >&2; exit 2 ;;
esac
command+=("$@" -std=c++20 -I "$include")

# One language for the messages, whatever the machine speaks.
export LC_ALL=C

if [ ${#cases[@]} -gt 0 ]; then
  source=$(mktemp --suffix .cpp) || exit 1
  trap 'rm -f "$source"' EXIT
  {
    echo '#define SINTER_CONTROL'
    grep -hE '^#include <' "${cases[@]}" | sort -u
    for case in "${cases[@]}"; do
      printf 'namespace %s {\n#include "%s"\n}\n' "$(basename "$case" .cpp)_" "$(realpath "$case")"
    done
  } >"$source"
  grep -L SINTER_CONTROL "${cases[@]}" | sed 's/$/ has no corrected form under SINTER_CONTROL/' |
    { ! grep .; } && "${command[@]}" -w "$source"
  exit
fi
command+=("$case")

expectations() {  # the texts behind one marker, such as "expect" or "expect(clang)"
  awk -v marker="// $1: " 'index($0, marker) == 1 { print substr($0, length(marker) + 1) }' "$case"
}

shorten() {  # characters joined to names, numbers without suffix, extents as they are written
  sed -E "s/\(char\)('[^']+')/\1/g" | awk -v quote="'" '
    BEGIN { letter = quote "(\\\\.|[^" quote "\\\\])" quote; sequence = letter "(, " letter ")*" }
    {
      joined = ""
      while (match($0, sequence)) {
        found = substr($0, RSTART, RLENGTH)
        joined = joined substr($0, 1, RSTART - 1)
        $0 = substr($0, RSTART + RLENGTH)
        while (match(found, letter)) {
          one = substr(found, RSTART + 1, RLENGTH - 2)
          if (length(one) == 2) one = substr(one, 2)
          joined = joined one
          found = substr(found, RSTART + RLENGTH)
        }
      }
      print joined $0
    }' | sed -E 's/sinter:://g; s/\b([0-9]+)U?L+\b/\1/g; s/ +>/>/g' |
    sed -E 's/\b(extent_of|named)<(\w+)>/\2/g'
}

wrong=()

wanted=$(expectations "expect($kind)")
[ -n "$wanted" ] || wanted=$(expectations expect)
[ -n "$wanted" ] || wrong+=("the case names no expected text for $kind")
if output=$("${command[@]}" 2>&1); then
  wrong+=("it compiles")
else
  joined=$(shorten <<<"$output")
  errors=$(grep -c 'error:' <<<"$output")
  lines=$(grep -c . <<<"$output")
  [ "$errors" -eq 1 ] || wrong+=("$errors errors, want 1")
  [ "$lines" -le $limit ] || wrong+=("$lines lines of diagnostics, want at most $limit")
  while IFS= read -r text; do
    [[ $joined == *"$text"* || $output == *"$text"* ]] || wrong+=("the text '$text' is missing")
  done <<<"$wanted"
fi

[ ${#wrong[@]} -gt 0 ] || exit 0
printf '%s, %s:\n' "${case##*/}" "$kind"
printf '  %s\n' "${wrong[@]}"
printf 'The diagnostics were:\n%s\n' "${joined:-none}"
exit 1

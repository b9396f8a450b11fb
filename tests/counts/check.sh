#!/usr/bin/env bash
# check.sh PROGRAM EXPECTED [--accept]
#
# Runs the workloads of counts.cpp under callgrind and compares the instructions that each takes
# with the file EXPECTED, or with --accept writes that file. More than 3 % apart, in either
# direction, fails: a loss is to be seen, and a gain to be kept. The counts are one compiler's, so
# with another major version of it nothing is compared. Exit status 77: skipped, with the reason.
set -uo pipefail

program=$1 expected=$2 accept=${3:-}
tolerance=3
how="./run counts --accept"

skip() {
  echo "counts: skipped: $*"
  exit 77
}

command -v valgrind >/dev/null || skip "there is no valgrind"
grep -qw avx2 /proc/cpuinfo || skip "this processor has no AVX2, which the program was compiled for"
compiler=$("$program" --compiler) || exit 1
[ -n "$accept" ] || [ -r "$expected" ] || { echo "counts: there is no $expected"; exit 1; }
of=$(sed -n 's/^# compiler: //p' "$expected" 2>/dev/null)
[ -n "$accept" ] || [ "$of" = "$compiler" ] ||
  skip "the compiler is $compiler, and $expected holds the counts of ${of:-none}"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$work/out" "$program" \
  >"$work/log" 2>&1 || { cat "$work/log"; echo "counts: callgrind failed"; exit 1; }
for file in "$work"/out.*; do
  name=$(sed -n 's/^desc: Trigger: Client Request: //p' "$file")
  count=$(sed -n 's/^totals: //p' "$file")
  [ -z "$name" ] || printf '%12d  %s\n' "$count" "$name"
done | sort -k 2 >"$work/counts"
[ -s "$work/counts" ] || { cat "$work/log"; echo "counts: callgrind counted nothing"; exit 1; }

if [ -n "$accept" ]; then
  {
    echo "# Instructions of the workloads in counts.cpp, one call of each; written by $how."
    echo "# compiler: $compiler"
    cat "$work/counts"
  } >"$expected" || exit 1
  cat "$expected"
  exit 0
fi

awk -v tolerance=$tolerance -v how="$how" '
  { name = $2; for (i = 3; i <= NF; i++) name = name " " $i }
  FNR == NR { if ($1 !~ /^#/) old[name] = $1; next }
  !(name in old) { added = added sprintf("counts: %s: %d, and none expected\n", name, $1); next }
  {
    percent = 100 * ($1 / old[name] - 1)
    printf "%12d  %+6.1f %%  %s\n", $1, percent, name
    if (percent > tolerance || percent < -tolerance)
      failed = failed sprintf("counts: %s: %d instructions, expected %d: %+.1f %%, want +-%d %%\n",
                              name, $1, old[name], percent, tolerance)
    delete old[name]
  }
  END {
    for (name in old) failed = failed sprintf("counts: %s was not measured\n", name)
    failed = failed added
    if (failed == "") exit 0
    printf "%s", failed
    print "counts: where that is meant, `" how "` takes the new counts over"
    exit 1
  }' "$expected" "$work/counts"

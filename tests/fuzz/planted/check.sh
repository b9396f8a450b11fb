#!/usr/bin/env bash
# check.sh PROGRAM
#
# Each mistake that is planted in PROGRAM is found, by a file that is kept and fails again, by its
# round too; other seeds have other files; without a mistake nothing is found.
set -u

program=$1
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
wrong() {
  echo "check.sh: $*"
  exit 1
}
export SINTER_SEED=

for kind in exception abort signal memory; do
  export PLANTED=$kind
  "$program" --rounds 100000 --keep "$folder" >"$folder/out" 2>&1 && wrong "$kind was not found"
  found=("$folder"/fuzz_planted.found.1.*)
  [ ${#found[@]} -eq 1 ] && [ -s "${found[0]}" ] || wrong "the file of $kind was not kept"
  grep -q "again: fuzz_planted --seed 1 --round ${found[0]##*.}" "$folder/out" ||
    wrong "$kind: how to read the file again was not said"
  "$program" --file "${found[0]}" >/dev/null 2>&1 && wrong "the file of $kind does not fail again"
  "$program" --seed 1 --round "${found[0]##*.}" >/dev/null 2>&1 &&
    wrong "the round of $kind does not fail again"
  rm "${found[0]}"
done

PLANTED=exception "$program" --rounds 100000 --seed 2 --keep "$folder" >/dev/null 2>&1 &&
  wrong "nothing was found with another seed"
found2=("$folder"/fuzz_planted.found.2.*)
[ -s "${found2[0]}" ] || wrong "the other seed's file was not kept"
PLANTED= "$program" --rounds 20000 --keep "$folder" >/dev/null || wrong "something else was found"
PLANTED= SINTER_FUZZ_SECONDS=1 "$program" --keep "$folder" | grep -q "were read or refused" ||
  wrong "a second was not enough"
"$program" --seconds >/dev/null 2>&1
[ $? -eq 2 ] || wrong "a missing number was not noticed"

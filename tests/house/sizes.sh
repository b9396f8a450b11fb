#!/usr/bin/env bash
# sizes.sh ROOT
#
# A file that needs more than 400 lines usually holds two ideas; one that holds a single long idea
# is listed in long_files. No line is longer than 100 characters, and a header says its licence
# first and is guarded by `#pragma once`.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$1" || exit 2
# Characters are counted, not bytes.
export LC_ALL=C.UTF-8
longest_file=400
wrong=0

report() {
  echo "$1"
  wrong=1
}

while IFS= read -r file; do
  lines=$(wc -l <"$file")
  if [ "$lines" -gt $longest_file ] && ! grep -qxF "$file" "$here/long_files"; then
    report "$file: $lines lines, want at most $longest_file or a place in tests/house/long_files"
  fi
  long=$(grep -nE '^.{101,}$' "$file" | cut -d: -f1 | tr '\n' ' ')
  [ -z "$long" ] || report "$file: more than 100 characters in line ${long% }"
  case $file in
    *.hpp | *.cuh)
      head -n 1 "$file" | grep -q '^// SPDX-License-Identifier: Apache-2.0$' ||
        report "$file: want the SPDX line first"
      grep -q '^#pragma once$' "$file" || report "$file: want #pragma once"
      ;;
  esac
done < <(find include tests examples benchmarks -type f \( -name '*.hpp' -o -name '*.cpp' \
  -o -name '*.cu' -o -name '*.cuh' -o -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt \) |
  sort)

while IFS= read -r file; do
  [ -z "$file" ] || [ -f "$file" ] || report "tests/house/long_files: there is no $file"
done <"$here/long_files"

exit $wrong

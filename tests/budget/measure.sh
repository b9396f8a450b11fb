#!/usr/bin/env bash
# measure.sh G++
#
# What the compilers need for sinter: for each program of this folder and each compiler at hand,
# the seconds (median of three), the seconds beyond the empty program, the peak memory, the size
# of the object and of the stripped program, and the longest symbol. It reports and never judges.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/budget
mkdir -p "$work" || exit 1
export LC_ALL=C

gcc=${1:-g++}
clang=$(compgen -c clang++ | grep -xE 'clang\+\+(-[0-9]+)?' | sort -V | head -n 1)
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)

timed() {  # timed COMMAND...: prints seconds and peak kilobytes, or nothing on failure
  if [ -x /usr/bin/time ]; then
    /usr/bin/time -o "$work/time" -f '%e %M' "$@" >"$work/log" 2>&1 && tail -n 1 "$work/time"
  else
    local TIMEFORMAT='%R -'
    { time "$@" >"$work/log" 2>&1; } 2>"$work/time" && cat "$work/time"
  fi
}

row() { printf '%-11s %-8s %9s %9s %9s %10s %11s %8s\n' "$@"; }

measure() {  # measure KIND COMMAND...; the array `link` holds the command that links
  local kind=$1 empty='' program object run one runs seconds memory symbol
  shift
  for program in empty expression step graph500; do
    object=$work/$program.$kind.o
    runs=
    for run in 1 2 3; do
      one=$(timed "$@" -c "$here/$program.cpp" -o "$object")
      if [ -z "$one" ]; then
        row "$program" "$kind" failed - - - - -
        sed -n '1,3s/^/    /p' "$work/log"
        continue 2
      fi
      runs+=$one$'\n'
    done
    read -r seconds memory < <(printf '%s' "$runs" | sort -n | sed -n 2p)
    [ -n "$empty" ] || empty=$seconds
    symbol=$(nm "$object" | awk '{ if (length($NF) > longest) longest = length($NF) }
      END { print longest + 0 }')
    rm -f "$work/$program.$kind"
    "${link[@]}" "$object" -o "$work/$program.$kind" >"$work/log" 2>&1 &&
      strip "$work/$program.$kind"
    row "$program" "$kind" "$seconds" \
      "$(awk -v a="$seconds" -v b="$empty" 'BEGIN { printf "%.2f", a - b }')" \
      "$(awk -v m="$memory" 'BEGIN { if (m + 0) printf "%.0f", m / 1024; else print "-" }')" \
      "$(size_of "$object")" "$(size_of "$work/$program.$kind")" "$symbol"
  done
}

size_of() {
  [ -f "$1" ] || { echo - && return; }
  awk -v n="$(wc -c <"$1")" 'BEGIN { printf "%.1f", n / 1024 }'
}

"$gcc" --version | head -n 1
[ -z "$clang" ] || "$clang" --version | head -n 1
[ -z "$nvcc" ] || "$nvcc" --version | sed -n 's/^Cuda compilation tools, /nvcc /p'
echo
row program compiler seconds 'over 0' 'peak MiB' 'object KiB' 'program KiB' symbol
options=(-std=c++20 -O2 -I "$root/include")
link=("$gcc")
measure g++ "$gcc" "${options[@]}"
if [ -n "$clang" ]; then
  link=("$clang")
  measure clang "$clang" "${options[@]}"
fi
if [ -n "$nvcc" ]; then
  link=("$nvcc" -ccbin "$gcc" -arch=sm_80)
  measure nvcc "${link[@]}" "${options[@]}" -x cu
fi
exit 0

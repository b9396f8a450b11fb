#!/usr/bin/env bash
# include_order.sh ROOT
#
# Data flows through the folders of include/sinter in one direction: a header includes only from
# its own folder and from folders before it. Umbrella headers, directly in include/sinter, are the
# doors to the rooms: they include what they like, and no header inside includes one of them.
# Algorithms come last, though they need no networks, so that nothing else can come to need Thrust.
set -u

cd "$1/include" || exit 2

find sinter -name '*.hpp' -o -name '*.cuh' | LC_ALL=C sort | while IFS= read -r header; do
  grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' "$header" |
    sed -E "s|^([0-9]+):[^\"<]*([\"<])([^\">]*)[\">].*|$header \1 \2 \3|"
done | awk '
  BEGIN {
    count = split("core graph ops plan kernel target tensor io nn report algorithms", order, " ")
    for (i = 1; i <= count; i++) station[order[i]] = i
  }
  function exists(path,    line, found) {
    found = (getline line < path) >= 0
    close(path)
    return found
  }
  function simplified(path,    parts, n, i, stack, top, joined) {
    n = split(path, parts, "/")
    for (i = 1; i <= n; i++) {
      if (parts[i] == "..") top--
      else if (parts[i] != "." && parts[i] != "") stack[++top] = parts[i]
    }
    for (i = 1; i <= top; i++) joined = joined (i > 1 ? "/" : "") stack[i]
    return joined
  }
  function folder(path,    parts) { return split(path, parts, "/") > 2 ? parts[2] : "" }
  function report(message) { print "include/" $1 ":" $2 ": " message; wrong = 1 }
  {
    target = ""
    if ($3 == "\"") {
      beside = $1
      sub("[^/]*$", "", beside)
      beside = simplified(beside $4)
      if (exists(beside)) target = beside
    }
    if (target == "" && $4 ~ /^sinter\//) target = simplified($4)
    if (target == "") {
      if ($3 == "\"") report("includes \"" $4 "\", which is not in this tree")
      next
    }
    if (!exists(target)) { report("includes " target ", which does not exist"); next }
    from = folder($1)
    to = folder(target)
    if (from == "") next
    if (!(from in station)) report("the folder " from " has no place in the order")
    else if (to == "") report("includes the umbrella header " target)
    else if (!(to in station)) report("the folder " to " has no place in the order")
    else if (station[to] > station[from])
      report("a header of " from " includes " target ", which comes later on the way")
  }
  END { exit wrong }'

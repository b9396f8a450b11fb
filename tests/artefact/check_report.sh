#!/usr/bin/env bash
# check_report.sh REPORT...
#
# What the assembler says about kernels: no spills, no stack, and no warnings, such as that a
# product is waited for where the body does not, or that registers cannot change hands.
set -u

wrong=0
for report in "$@"; do
  kernels=$(grep -c 'Compiling entry function' "$report")
  echo "$report: $kernels kernels"
  [ "$kernels" -gt 0 ] || wrong=1
  grep -iE 'warning|error|[1-9][0-9]* bytes (stack frame|spill)' "$report" && wrong=1
done
exit $wrong

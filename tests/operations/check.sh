#!/usr/bin/env bash
# check.sh PROGRAM PAGE [--accept]
#
# Compares what PROGRAM prints with PAGE; with --accept writes it there.
set -uo pipefail

program=$1 page=$2
if [ "${3:-}" = --accept ]; then
  exec "$program" >"$page"
fi
if ! diff -u "$page" <("$program"); then
  echo "$page is not what the tables in tests/operations say: ./run operations writes it anew"
  exit 1
fi

#!/bin/sh
# Checks the access map of a change: dbxaccess map check.
#
# In: INPUT_MAP; INPUT_STRICT, to fail for warnings too. Out: findings, as report.sh says. Nothing in the map is run, and no address in it asked.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/report.sh"

within map "${INPUT_MAP-}"
set -- dbxaccess map check -o sarif
if yes strict "${INPUT_STRICT-}"; then set -- "$@" --strict; fi
reported map-check "$@" "$INPUT_MAP"

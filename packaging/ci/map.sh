#!/bin/sh
# Copies the access map to where nobody else may write, and prints the path of the copy, for what a job runs by itself.
#
# In: INPUT_MAP. Out: the path, on standard output. It stays, as long as the job's container does.
. "$(dirname "$0")/common.sh"

own "${INPUT_MAP-}" "$(mktemp -d "${TMPDIR:-/tmp}/dbxaccess-map.XXXXXX")"
printf '%s\n' "$DBXACCESS_MAP"

#!/bin/sh
# Looks for keys that don't expire: dbxaccess scan.
#
# In: INPUT_SCAN, paths, one a line; INPUT_BASELINE, a file of known findings; INPUT_HISTORY, to look through the history of git too. Out:
# findings, as report.sh says, in which there is no secret.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/report.sh"

any_owner
baseline=${INPUT_BASELINE-}
set -- dbxaccess scan -o sarif
if yes scan-history "${INPUT_HISTORY-}"; then set -- "$@" --git; fi
if [ -n "$baseline" ]; then
	within baseline "$baseline"
	set -- "$@" --baseline "$baseline"
fi
set -- "$@" --
none=$#
while read -r path; do
	[ -n "$path" ] || continue
	within scan "$path"
	set -- "$@" "$path"
done <<END
${INPUT_SCAN-}
END
[ "$#" -gt "$none" ] || fail ci-input "scan names no path" "write scan: . for the whole repository"
reported scan "$@"

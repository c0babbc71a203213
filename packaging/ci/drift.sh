#!/bin/sh
# Compares IAM with the access map: dbxaccess drift, as a role of the map that may read IAM, by the job's own identity.
#
# In: INPUT_MAP; INPUT_DRIFT_ROLE, a role of it; INPUT_FAIL_ON_DRIFT, low, medium or high. Out: findings, as report.sh says. It changes nothing.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/report.sh"

plain drift-role "${INPUT_DRIFT_ROLE-}"
[ -n "${INPUT_DRIFT_ROLE-}" ] || fail ci-input "drift-role is missing" "name a role of the map that may read IAM; docs/iam.md has what it needs"
mkdir "$scratch/map"
own "${INPUT_MAP-}" "$scratch/map"
set -- dbxaccess drift --map "$INPUT_MAP" --as "$INPUT_DRIFT_ROLE" -o sarif
if [ -n "${INPUT_FAIL_ON_DRIFT-}" ]; then set -- "$@" --fail-on "$INPUT_FAIL_ON_DRIFT"; fi
reported drift "$@"

#!/bin/sh
# Runs a script with a role's credentials, by the job's own identity: dbxaccess exec. The credentials are the script's alone: not in a file, an
# argument, the log, or what later steps see.
#
# In: INPUT_MAP; INPUT_ROLE; INPUT_RUN, a script for sh, which whoever wrote the job wrote; INPUT_STATIC, for programs that read keys from
# variables and nothing else. It ends as the script does.
. "$(dirname "$0")/common.sh"

[ "${GITHUB_EVENT_NAME-}" != pull_request_target ] || fail ci-target "a role is not handed to a job on pull_request_target, where it is one step from code of \
whoever opened the pull request" "run it on push, schedule or workflow_dispatch"
plain role "${INPUT_ROLE-}"
[ -n "${INPUT_ROLE-}" ] || fail ci-input "role is missing" "name a role of the map: dbxaccess roles --why says which this job may take"
mkdir "$scratch/map"
own "${INPUT_MAP-}" "$scratch/map"
printf '%s\n' "${INPUT_RUN-}" >"$scratch/run"
set -- dbxaccess exec "$INPUT_ROLE"
if yes static "${INPUT_STATIC-}"; then set -- "$@" --static; fi
unset INPUT_RUN
"$@" -- sh -e "$scratch/run"

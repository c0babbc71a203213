#!/bin/sh
# Says on a pull or merge request what its map gives and takes: dbxaccess map diff, as one comment that is kept up to date, on the job's page,
# and in the log.
#
# In: INPUT_MAP; INPUT_FAIL_ON, "widen" or nothing; INPUT_COMMENT; INPUT_TOKEN, which may write comments (GitLab: DBXACCESS_NOTES_TOKEN); what GitHub or GitLab say of the request.
# The branch's map is compared with the target's, which git has. Where the token may not comment, as in a fork's job, all else is as ever.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/comment.sh"

# What runs from here on has no use for it, and the map is somebody else's.
token=${INPUT_TOKEN:-${DBXACCESS_NOTES_TOKEN-}}
unset INPUT_TOKEN DBXACCESS_NOTES_TOKEN

need git "has the map of the target branch"
need jq "reads what GitHub or GitLab answer"
any_owner
within map "${INPUT_MAP-}"
case ${INPUT_FAIL_ON-} in '' | never | widen) ;; *) fail ci-input "fail-on is neither widen nor never" "write fail-on: widen" ;; esac

if on_github; then
	case ${GITHUB_EVENT_NAME-} in
	pull_request | pull_request_target) ;;
	*)
		notice "no pull request, so there is nothing to compare the map with"
		exit 0
		;;
	esac
	base=$(jq -r '.pull_request.base.sha | strings' "$GITHUB_EVENT_PATH")
	request=$(jq -r '.pull_request.number | numbers' "$GITHUB_EVENT_PATH")
	project=${GITHUB_REPOSITORY-}
else
	base=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA-}}
	request=${CI_MERGE_REQUEST_IID-}
	project=${CI_MERGE_REQUEST_PROJECT_ID-}
	[ -n "$request" ] || fail ci-event "this is no merge request's pipeline" "run the job by rules: - if: \$CI_PIPELINE_SOURCE == \"merge_request_event\""
fi
case $base in '' | *[!0-9a-f]*) fail ci-event "the commit of the target branch is not told" "run this step on a pull or merge request" ;; esac
case $request in '' | *[!0-9]*) fail ci-event "the request has no number" "run this step on a pull or merge request" ;; esac
case $project in '' | /* | *..* | *[!A-Za-z0-9._/-]*) fail ci-event "the repository is not told" "run this step on a pull or merge request" ;; esac

git rev-parse --git-dir >/dev/null || fail ci-git "git does not read this checkout, as it says above" "have the job run as the user who has it, or take git 2.38 or newer"
git cat-file -e "$base^{commit}" 2>/dev/null || git fetch --quiet --depth=1 --no-tags origin "$base" ||
	fail ci-base-missing "the commit $base of the target branch is not here, and could not be fetched" \
		"check out with fetch-depth: 0 (GitLab: GIT_DEPTH: 0), or with credentials that may fetch"
path=$(git rev-parse --show-prefix)${INPUT_MAP#./}
text=$(report map-diff.md)
mark="<!-- dbxaccess map diff $(printf '%s' "$path" | sha256 | cut -c 1-16) -->"
code=0
if git rev-parse --quiet --verify "$base:$path" >/dev/null; then
	git cat-file blob "$base:$path" >"$scratch/old.yaml"
	set -- dbxaccess map diff "$scratch/old.yaml" "$INPUT_MAP" -o md
	if [ -n "${INPUT_FAIL_ON-}" ]; then set -- "$@" --fail-on "$INPUT_FAIL_ON"; fi
	"$@" >"$scratch/diff.md" 2>"$scratch/said" || code=$?
	shown "$scratch/said"
	if [ ! -s "$scratch/diff.md" ]; then
		[ "$code" != 0 ] || code=1
		printf '### Access map: what this changes is not known\n\nOne of the two maps has errors: see the job.\n' >"$scratch/diff.md"
	fi
else
	printf '### Access map: a new file\n\nThe target branch has no map at this path: all that it gives is new.\n' >"$scratch/diff.md"
	if [ "${INPUT_FAIL_ON-}" = widen ]; then
		printf 'dbxaccess: %s has no %s: all that the map gives is new [ci-map-new]\n  have it reviewed, and merge it without fail-on\n' "$base" "$path" >&2
		code=1
	fi
fi
{ printf '%s\n' "$mark" && cat "$scratch/diff.md"; } >"$text"
summary <"$scratch/diff.md"
shown "$scratch/diff.md"
output diff "$text"

if yes comment "${INPUT_COMMENT-}"; then
	if [ -z "$token" ]; then
		notice "there is no token to comment with; what the map changes stands in this job"
	else
		need curl "writes the comment"
		comment "$mark" "$text" || warning "the comment was not written (answer $(cat "$scratch/status" 2>/dev/null || echo none)): a fork's job may not, and any other needs \
pull-requests: write (GitLab: a token with the scope api); what the map changes stands in this job"
	fi
fi
exit "$code"

# What the scripts beside this one share; POSIX sh, read with ".".
#
# In come inputs, as INPUT_* in the environment, and what GitHub Actions or GitLab CI say of the job. Out go text for the log, and reports for
# people and code scanning. What a change says (a map, a file's name) may be hostile: it is never run, never an option, never a line of its own
# in the log. A token is never an argument, and no program but curl is given it.
# shellcheck shell=sh
set -eu
LC_ALL=C
export LC_ALL
umask 077

# fail ID WHAT FIX ends the script as wrong usage does.
fail() {
	printf 'dbxaccess: %s [%s]\n  %s\n' "$2" "$1" "$3" >&2
	exit 2
}

on_github() { [ "${GITHUB_ACTIONS-}" = true ]; }
on_gitlab() { [ "${GITLAB_CI-}" = true ]; }

# need PROGRAM FOR ends the script where a program is missing.
need() {
	command -v "$1" >/dev/null 2>&1 ||
		fail ci-program-missing "$1 is missing, which $2" "install $1 in the job's image, or use an image that has it"
}

# scratch is a directory of this script's own, gone at its end. RUNNER_TEMP may be another user's, where dbxaccess trusts no map.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/dbxaccess-ci.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# yes NAME VALUE is whether an input says so.
yes() {
	case $2 in
	true) return 0 ;;
	false | '') return 1 ;;
	*) fail ci-input "$1 is neither true nor false" "write $1: true, or leave it out" ;;
	esac
}

# plain NAME VALUE refuses what could be taken for an option, or for more than one line.
plain() {
	case $2 in
	-* | *[[:cntrl:]]*) fail ci-input "$1 begins with a hyphen, or holds a character that is not plain text" "give $1 as a path or a name" ;;
	esac
}

# within NAME PATH: it is there, below the working directory, and so is what each link on the way leads to. A change could have made it a
# link to what the job alone may read, and an error would quote that.
within() {
	plain "$1" "$2"
	[ -e "$2" ] || fail ci-file-missing "$1: there is no $2 in $PWD" "check the repository out before this step, and give the path from its root"
	[ ! -L "$2" ] || fail ci-file-outside "$1: $2 is a link" "put the file itself there"
	case $2 in
	*/*) folder=${2%/*} ;;
	*) folder=. ;;
	esac
	case $(cd -P "${folder:-/}" && pwd -P)/ in
	"$(pwd -P)"/*) ;;
	*) fail ci-file-outside "$1: $2 lies outside of $PWD" "give a path from the root of the repository" ;;
	esac
}

# own MAP DIRECTORY copies the map into a directory that is nobody else's, with its signature if there is one, and has DBXACCESS_MAP name the
# copy. dbxaccess goes by no map that other users can write: GitLab's runners check out with the modes 0666 and 0777, and a container job of
# GitHub is root in directories of another user. It is for the job alone: whoever can write there has the job, which runs what lies there.
own() {
	within map "$1"
	DBXACCESS_MAP=$2/${1##*/}
	export DBXACCESS_MAP
	cat <"$1" >"$DBXACCESS_MAP"
	if [ -f "$1.minisig" ] && [ ! -L "$1.minisig" ]; then cat <"$1.minisig" >"$DBXACCESS_MAP.minisig"; fi
}

# any_owner lets git, of 2.38 and newer, read the checkout where that is another user's, as in containers.
any_owner() {
	number=${GIT_CONFIG_COUNT:-0}
	export "GIT_CONFIG_KEY_$number=safe.directory" "GIT_CONFIG_VALUE_$number=$(cd -P "${GITHUB_WORKSPACE:-${CI_PROJECT_DIR:-.}}" && pwd -P)" "GIT_CONFIG_COUNT=$((number + 1))"
}

# sha256 reads standard input.
sha256() {
	if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}

# reports is where later steps find what this one wrote. GitLab takes artifacts from the project's directory alone, where a change may have put
# a link in its place.
reports=${RUNNER_TEMP:-$PWD}/dbxaccess-reports
[ ! -L "$reports" ] || rm -f "$reports"
mkdir -p "$reports"

# report NAME is a file there, empty.
report() {
	rm -rf "${reports:?}/$1"
	: >"$reports/$1"
	printf '%s\n' "$reports/$1"
}

# output NAME VALUE is one of the step's outputs.
output() { [ -z "${GITHUB_OUTPUT-}" ] || printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# summary appends standard input to the job's page.
summary() { if [ -n "${GITHUB_STEP_SUMMARY-}" ]; then cat >>"$GITHUB_STEP_SUMMARY"; else cat >/dev/null; fi; }

# notice TEXT and warning TEXT are lines of ours, about the job.
notice() { if on_github; then printf '::notice title=dbxaccess::%s\n' "$1"; else printf 'dbxaccess: %s\n' "$1"; fi; }
warning() { if on_github; then printf '::warning title=dbxaccess::%s\n' "$1"; else printf 'dbxaccess: warning: %s\n' "$1" >&2; fi; }

# shown FILE prints it, as text in which GitHub finds no commands: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
shown() {
	[ -s "$1" ] || return 0
	if on_github; then
		word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
		printf '::stop-commands::%s\n' "$word"
		cat "$1"
		printf '\n::%s::\n' "$word"
	else
		cat "$1"
	fi
}

# service NAME URL refuses an address that a token must not go to.
service() {
	case $2 in
	*[!A-Za-z0-9:/._~%-]*) ;;
	https://?* | http://127.0.0.1:[0-9]* | http://localhost:[0-9]*) return 0 ;;
	esac
	fail ci-address "$1 is not an https address: $2" "give the address of the server, as https://HOST/PATH"
}

#!/bin/sh
# Installs both programs of one release into a directory of their own, which later steps have in PATH.
#
# In: INPUT_VERSION, as v1.2.3, or "installed" for what the image has; INPUT_CHECKSUMS_SHA256, the digest of the release's checksums.txt, if it is
# pinned; INPUT_REQUIRE_SIGNATURE; INPUT_DOWNLOADS, a mirror. Out: the directory, in $GITHUB_PATH and on standard output, which holds nothing
# else. What does not have the digest that checksums.txt says is never unpacked.
. "$(dirname "$0")/common.sh"

version=${INPUT_VERSION-}
case $version in
installed)
	programs=$(command -v dbxaccess) || fail ci-not-installed "version is \"installed\", and there is no dbxaccess in PATH" "give a version, as v1.2.3"
	dirname "$programs"
	exit
	;;
v[0-9]*.[0-9]*.[0-9]*) ;;
*) fail ci-version "version is \"$version\", and not one as v1.2.3" "give a version of https://github.com/dbxaccess/dbxaccess/releases" ;;
esac
case $version in
*[!A-Za-z0-9.-]*) fail ci-version "version holds what no version does" "give a version of https://github.com/dbxaccess/dbxaccess/releases" ;;
esac
case $(uname -s) in
Linux) system=linux ;;
Darwin) system=darwin ;;
*) fail ci-system "there is nothing here for $(uname -s)" "run the job on Linux or macOS, or install the programs as docs/installing.md says, with version: installed" ;;
esac
case $(uname -m) in
x86_64 | amd64) processor=amd64 ;;
aarch64 | arm64) processor=arm64 ;;
*) fail ci-system "there is nothing here for $(uname -m)" "run the job on amd64 or arm64" ;;
esac
need curl "fetches the release"

from=${INPUT_DOWNLOADS:-https://github.com/dbxaccess/dbxaccess/releases/download}
service downloads "$from"
case $from in
https:*) over='=https' ;;
*) over='=http,https' ;;
esac

# fetch NAME BYTES. GitHub answers with a redirect to where its files are; no file of settings may loosen what is checked.
fetch() {
	curl --disable --fail --silent --show-error --location --max-redirs 5 --proto "$over" --proto-redir "$over" --max-filesize "$2" \
		--connect-timeout 20 --max-time 600 --retry 3 --output "$scratch/$1" "$from/$version/$1" ||
		fail ci-download "$from/$version/$1 could not be fetched" "see that the release has it, and that the runner may reach it"
	[ "$(wc -c <"$scratch/$1")" -le "$2" ] || fail ci-download "$1 is larger than any release's" "report it to whoever runs $from"
}

fetch checksums.txt 1000000
pinned=${INPUT_CHECKSUMS_SHA256-}
if [ -n "$pinned" ]; then
	has=$(sha256 <"$scratch/checksums.txt")
	[ "$has" = "$pinned" ] || fail ci-checksums "checksums.txt of $version has the digest $has, and not the pinned $pinned" \
		"do not use it before you know why it changed; a new version needs a new digest"
fi
if command -v cosign >/dev/null 2>&1; then
	fetch checksums.txt.sigstore.json 1000000
	cosign verify-blob "$scratch/checksums.txt" --bundle "$scratch/checksums.txt.sigstore.json" \
		--certificate-oidc-issuer https://token.actions.githubusercontent.com \
		--certificate-identity "https://github.com/dbxaccess/dbxaccess/.github/workflows/release.yml@refs/tags/$version" >&2 ||
		fail ci-signature "checksums.txt of $version is not signed by the workflow that makes releases" "do not use it, and report it as SECURITY.md says"
elif yes require-signature "${INPUT_REQUIRE_SIGNATURE-}"; then
	fail ci-signature "require-signature is set, and cosign is missing" "install cosign in a step before this one"
fi

archive=dbxaccess_${version#v}_${system}_$processor.tar.gz
fetch "$archive" 200000000
said=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$scratch/checksums.txt")
is=$(sha256 <"$scratch/$archive")
[ "$said" = "$is" ] || fail ci-archive "$archive has the digest $is; checksums.txt says ${said:-nothing of it}" \
	"fetch it again; if it stays so, do not use it and report it as SECURITY.md says"

# unpack DIRECTORY puts the programs into a directory of their own there.
unpack() {
	directory=$(mktemp -d "$1/dbxaccess-$version.XXXXXX")
	chmod 755 "$directory" # a later step may be another user's
	tar -xzof "$scratch/$archive" -C "$directory" dbxaccess dbxaccess-admin ||
		fail ci-archive "$archive could not be unpacked" "see that the disk has room; if it has, report it as SECURITY.md says"
	for program in dbxaccess dbxaccess-admin; do
		if [ -L "$directory/$program" ] || [ ! -f "$directory/$program" ]; then
			fail ci-archive "$program in $archive is no program" "report it as SECURITY.md says"
		fi
	done
	chmod 755 "$directory/dbxaccess" "$directory/dbxaccess-admin"
}

unpack "${RUNNER_TEMP:-${TMPDIR:-/tmp}}"
# dbxaccess runs no dbxaccess-admin that others could have put there. RUNNER_TEMP is open to them under some umasks, and in a container job
# it is another user's.
if [ -n "${RUNNER_TEMP-}" ] && ! "$directory/dbxaccess" --debug drift --help >/dev/null 2>"$scratch/untrusted" &&
	grep -q 'error=admin-program-untrusted' "$scratch/untrusted"; then
	rm -rf "$directory"
	unpack "${TMPDIR:-/tmp}"
fi
"$directory/dbxaccess" drift --help >/dev/null 2>"$scratch/said" ||
	fail ci-programs "the programs in $directory do not run: $(head -n 1 "$scratch/said")" "set TMPDIR to a directory from which programs run and that nobody else can write"
printf 'dbxaccess %s is installed\n' "$("$directory/dbxaccess" version)" >&2
[ -z "${GITHUB_PATH-}" ] || printf '%s\n' "$directory" >>"$GITHUB_PATH"
printf '%s\n' "$directory"

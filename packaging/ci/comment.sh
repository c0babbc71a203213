# comment MARK FILE writes a file as a comment of the pull or merge request, in place of the one that it wrote before. Read with ".", after
# common.sh. It needs $token, and ends with 1 where the server does not take it, which is no fault of the change.
# shellcheck shell=sh disable=SC2154 # scratch and token are of common.sh and diff.sh

# ask METHOD URL [FILE] asks the server, with the token in curl's standard input, and leaves the answer in $scratch/answer. No redirects: the
# token goes to one server.
ask() {
	{
		if on_gitlab; then printf 'header = "PRIVATE-TOKEN: %s"\n' "$token"; else printf 'header = "Authorization: Bearer %s"\n' "$token"; fi
		printf 'header = "Accept: application/json"\nheader = "Content-Type: application/json"\n'
		if [ -n "${3-}" ]; then printf 'data-binary = "@%s"\n' "$3"; fi
	} | curl --disable --silent --show-error --config - --request "$1" --proto '=https,http' --max-filesize 20000000 \
		--connect-timeout 20 --max-time 60 --output "$scratch/answer" --write-out '%{http_code}' "$2" >"$scratch/status" || return 1
	case $(cat "$scratch/status") in 2??) ;; *) return 1 ;; esac
}

# ours BASE lists comments, until there is one that begins with the mark and that we wrote: anybody may write the mark.
ours() {
	page=1
	while [ "$page" -le 20 ]; do
		ask GET "$1?per_page=100&page=$page" || return 1
		jq -r --arg mark "$mark" --arg author "$author" \
			'map(select((.body | startswith($mark)) and ((.user.login // (.author.id | tostring)) == $author))) | .[0].id // empty' \
			"$scratch/answer" >"$scratch/id" || return 1
		[ ! -s "$scratch/id" ] || break
		[ "$(jq length "$scratch/answer")" = 100 ] || break
		page=$((page + 1))
	done
}

comment() {
	mark=$1
	case $token in *[!A-Za-z0-9._~+/=-]*) fail ci-input "the token holds what no token does" "give the token alone, without quotes or blanks" ;; esac
	jq -Rs '{ body: . }' <"$2" >"$scratch/body.json"
	if on_gitlab; then
		api=${CI_API_V4_URL-}
		service CI_API_V4_URL "$api"
		ask GET "$api/user" && author=$(jq -er '.id | numbers' "$scratch/answer") || return 1
		all=$api/projects/$project/merge_requests/$request/notes
		one=$all
		change=PUT
	else
		api=${GITHUB_API_URL-}
		service GITHUB_API_URL "$api"
		author=${INPUT_COMMENT_AUTHOR:-github-actions[bot]}
		all=$api/repos/$project/issues/$request/comments
		one=$api/repos/$project/issues/comments
		change=PATCH
	fi
	ours "$all" || return 1
	id=$(cat "$scratch/id" 2>/dev/null) || id=
	case $id in
	'') ask POST "$all" "$scratch/body.json" ;;
	*[!0-9]*) return 1 ;;
	*) ask "$change" "$one/$id" "$scratch/body.json" ;;
	esac
}

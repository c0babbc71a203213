# reported NAME COMMAND… runs a command that writes SARIF, keeps that as a report, and shows its findings: on GitHub as annotations, on
# GitLab as a report on code quality beside it. Read with ".", after common.sh. It ends as the command does.
# shellcheck shell=sh disable=SC2154 # scratch is of common.sh
reported() {
	name=$1
	shift
	need jq "reads the findings"
	sarif=$(report "$name.sarif")
	code=0
	"$@" >"$sarif" 2>"$scratch/said" || code=$?
	shown "$scratch/said"
	if ! jq -e '.version == "2.1.0"' "$sarif" >/dev/null 2>&1; then
		rm -f "$sarif"
		# It has said why there is no answer, which is no success whatever it ended with.
		if [ "$code" = 0 ]; then code=1; fi
		return "$code"
	fi
	jq -r "$findings | $lines" "$sarif" >"$scratch/lines"
	if on_github; then jq -r "$findings | $annotations" "$sarif"; else cat "$scratch/lines"; fi
	if on_gitlab; then jq "[ $findings | $quality ]" "$sarif" >"$(report "$name.codequality.json")"; fi
	{
		printf '### dbxaccess: %s\n\nFindings: %s\n\n' "$name" "$(wc -l <"$scratch/lines" | tr -d ' ')"
		# Set in by four blanks: nothing in it is Markdown, and no line of it ends that.
		head -n 200 "$scratch/lines" | sed 's/^/    /'
		printf '\n'
	} | summary
	output "$name-sarif" "$sarif"
	return "$code"
}

# shellcheck disable=SC2016 # what follows are programs for jq
# Each finding that nobody has acknowledged, and what was not looked at, with their texts in one line, however many they came in.
findings='
def line: tostring | gsub("[\\x00-\\x1f\\x7f]+"; " ");
def path: gsub("%20"; " ") | gsub("%23"; "#") | gsub("%5[Bb]"; "[") | gsub("%5[Dd]"; "]") | gsub("%25"; "%");
.runs[] | (.results[] | select((.suppressions // []) | length == 0)), (.invocations // [] | .[].toolExecutionNotifications[])
| (.locations[0].physicalLocation // {}) as $at
| { level: (if .ruleId == null then "note" else .level // "warning" end), rule: (.ruleId // "not-looked-at" | line), text: (.message.text | line | .[:1000]),
    file: ($at.artifactLocation.uri // "" | path | line), line: ($at.region.startLine // 1), column: ($at.region.startColumn // 1),
    print: ((.partialFingerprints // {}) | to_entries | map(.value) | join("-")) }'

# shellcheck disable=SC2016
lines='"\(.file):\(.line):\(.column): \(.level): \(.text) [\(.rule)]"'

# shellcheck disable=SC2016 # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
annotations='
def value: gsub("%"; "%25");
def property: value | gsub(":"; "%3A") | gsub(","; "%2C");
(if .level == "error" then "error" elif .level == "note" then "notice" else "warning" end) as $kind
| "::\($kind) file=\(.file | property),line=\(.line),col=\(.column),title=\(.rule | property)::\("\(.file):\(.line): \(.text)" | value)"'

# shellcheck disable=SC2016 # https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
quality='
{ description: .text, check_name: .rule, severity: (if .level == "error" then "major" elif .level == "note" then "info" else "minor" end),
  fingerprint: "\(.rule) \(.file) \(if .print == "" then "\(.line) \(.text)" else .print end)", location: { path: .file, lines: { begin: .line } } }'

package accessmap

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// addSyntaxError reports what the YAML library could not read. Its error has the line as text only and no column, and its words are for
// who wrote the library: what mostly is behind it is looked for in the text, to name its very place and what to write.
func addSyntaxError(data []byte, err error, r *report) {
	line := 1
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(message); found != nil {
		message = message[len(found[0]):]
		if n, err := strconv.Atoi(found[1]); err == nil {
			line = n
		}
	}
	lines := strings.Split(string(bytes.TrimSuffix(data, []byte("\n"))), "\n")
	for i, text := range lines {
		if indent := indentOf(text); indent < len(text) && text[indent] == '\t' {
			r.add(position{i + 1, indent + 1}, "a tab in the indentation; YAML wants spaces")
			return
		}
	}
	if at, what := oddIndent(lines); what != "" {
		r.add(at, "%s", what)
		return
	}
	if strings.Contains(message, "unexpected end of stream") || strings.Contains(message, "unexpected document indicator") {
		quote := regexp.MustCompile(openingQuote)
		for i, text := range lines[:min(line, len(lines))] { // the library tells where the file ends
			if at := openQuote(quote, text); at >= 0 {
				r.add(position{i + 1, at + 1}, "a quote that is not closed")
				return
			}
		}
	}
	if at, found := swallowing(lines[:min(line, len(lines))]); found {
		r.add(at, "a quote that is not closed")
		return
	}
	what := "not YAML: " + message
	for _, slip := range slips {
		if !strings.Contains(message, slip.says) {
			continue
		}
		what = slip.means
		column := regexp.MustCompile(slip.column)
		// The library counts lines from where it noticed, which may be the one behind.
		for _, n := range []int{line, line + 1, line - 1} {
			if n < 1 || n > len(lines) {
				continue
			}
			if at := column.FindStringSubmatchIndex(lines[n-1]); at != nil {
				r.add(position{n, len([]rune(lines[n-1][:at[2]])) + 1}, "%s", what)
				return
			}
		}
	}
	r.add(position{line, 1}, "%s", what)
}

// slip is what people write, and what the library says of it.
type slip struct {
	says   string // part of the library's words
	column string // an expression, whose group is where it is in a line
	means  string
}

const withoutColon = "a line without a colon: a key is followed by one, and an item of a list begins with a hyphen and a space"

// Expressions are texts until a file is refused: nothing is to be compiled each time that the program starts.
const (
	anyKey       = `^\s*(\S)`
	noColon      = `^\s*([^\s#:\[{}\]-][^:]*)$`
	openingQuote = `(?:^\s*|[\[{,:-]\s*)(["'])` // one that begins a value or a key

	textInBlock = `(^|[:-] )[|>][0-9+-]*\s*(#.*)?$`
	noValue     = `(:|^-|- -)\s*(#.*)?$`
	someKey     = `^("[^"]*"|'[^']*'|[^"'\[{#][^#]*?):(\s|$)`
)

// openQuote is where a line begins a text in quotes that it does not end, or -1. It is counted in characters.
func openQuote(quote *regexp.Regexp, line string) int {
	at := quote.FindStringSubmatchIndex(line)
	if at == nil || strings.Count(line[at[2]:], line[at[2]:at[3]])%2 == 0 {
		return -1
	}
	return len([]rune(line[:at[2]]))
}

// swallowing finds a text in quotes which goes on over lines until another begins, whose quote ends it: behind that stands more of a text.
func swallowing(lines []string) (at position, found bool) {
	quote := regexp.MustCompile(openingQuote)
	for i, text := range lines {
		column := openQuote(quote, text)
		if column < 0 || strings.HasPrefix(strings.TrimSpace(text), "#") {
			continue
		}
		mark := string([]rune(text)[column])
		for _, below := range lines[i+1:] {
			if _, rest, ends := strings.Cut(below, mark); ends {
				rest = strings.TrimSpace(rest)
				return position{i + 1, column + 1}, rest != "" && strings.IndexByte(",]}:#", rest[0]) < 0
			}
		}
	}
	return at, false
}

var slips = [...]slip{
	{"mapping values are not allowed", `:\s.*?(:)(\s|$)`,
		"a colon within a value: put the value in quotes, or begin the next key on a line of its own"},
	{"mapping values are not allowed", noColon, withoutColon},
	{"mapping values are not allowed", anyKey,
		"a value where a key has one already: begin the next key on a line of its own, below the others"},
	{"cannot start any token", "[:,\\[{-]\\s+([@`%|>])", "a value can't begin with @, ` or %; put it in quotes"},
	{"alphabetic or numeric character", `(?:[:,\[{-]\s*|^\s*)([*&])`,
		"what begins with * or & has a meaning of its own in YAML; put it in quotes"},
	{"block sequence entries are not allowed", `:\s+(-)`,
		"an item of a list behind its key; write [a, b], or begin the item on the next line"},
	{"could not find expected ':'", noColon, withoutColon},
	{"unknown escape character", `(\\)[^0abtnvfre "/\\N_LPxuU]`,
		"a backslash between double quotes: write it twice, or use single quotes"},
	{"did not find expected ',' or ']'", `(\[)`,
		"a list that is not closed, or a comma that is missing in it: [a, b]"},
	{"did not find expected ',' or '}'", `(\{)`,
		"a { that is not closed, or a comma that is missing behind it: { a: b, c: d }"},
	{"did not find expected node content", `([\[{,])`, "a [ or { that is not closed, or a comma too many"},
	{"did not find expected '-' indicator", anyKey,
		"a key in the column of a list's hyphens: indent it like the keys above, or as part of the item"},
	{"did not find expected key", `^\s*(-)(\s|$)`, "an item of a list where a key is expected"},
	{"did not find expected key", anyKey, "no key: a key and its colon are expected here, in the column of those above"},
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// oddIndent finds the first line that begins in a column where nothing is open, which the library notices somewhere behind and calls
// otherwise. It looks at lines with keys and items alone and gives up where it can't tell: what it says has to be right.
func oddIndent(lines []string) (at position, what string) {
	blockText, hasNoValue, isKey := regexp.MustCompile(textInBlock), regexp.MustCompile(noValue), regexp.MustCompile(someKey)
	open := []int{} // columns in which keys or items stand, outermost first
	filled := false // the key above has a value
	for i := 0; i < len(lines); i++ {
		text := strings.TrimRight(lines[i], " \r")
		indent := indentOf(text)
		content := text[indent:]
		if content == "" || content[0] == '#' || content == "---" {
			continue
		}
		item := content == "-" || strings.HasPrefix(content, "- ")
		if !item && !isKey.MatchString(content) {
			return at, ""
		}
		closed := []int{}
		for len(open) > 0 && open[len(open)-1] > indent {
			closed, open = append(closed, open[len(open)-1]), open[:len(open)-1]
		}
		here := position{i + 1, indent + 1}
		switch {
		case len(open) > 0 && open[len(open)-1] == indent:
		case len(closed) > 0:
			around := []string{strconv.Itoa(closed[len(closed)-1])}
			if len(open) > 0 {
				around = append([]string{strconv.Itoa(open[len(open)-1])}, around...)
			}
			return here, fmt.Sprintf("indented by %s, while what stands above it is by %s: keys that belong together begin in the same column",
				spaces(indent), strings.Join(around, " or "))
		case filled:
			return here, fmt.Sprintf("indented by %s, below a line that has its value already: begin it in the column of that line, "+
				"which is indented by %s", spaces(indent), spaces(open[len(open)-1]))
		default:
			open = append(open, indent)
		}
		for item {
			inner := strings.TrimLeft(content[1:], " ")
			indent += len(content) - len(inner)
			content = inner
			if item = content == "-" || strings.HasPrefix(content, "- "); item || isKey.MatchString(content) {
				open = append(open, indent)
			}
		}
		filled = content != "" && !hasNoValue.MatchString(content)
		if blockText.MatchString(content) {
			for i+1 < len(lines) && (strings.TrimSpace(lines[i+1]) == "" || indentOf(lines[i+1]) > indentOf(text)) {
				i++
			}
		} else if strings.Count(content, "[") != strings.Count(content, "]") || strings.Count(content, "{") != strings.Count(content, "}") ||
			strings.Count(content, `"`)%2 != 0 || strings.Count(content, "'")%2 != 0 {
			return at, "" // it goes on in lines whose indentation means nothing
		}
	}
	return at, ""
}

func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}

package request

import "strings"

// flow is a list or mapping in brackets, by offsets.
type flow struct {
	closes int  // the closing bracket
	last   int  // behind the last sign inside that is neither space nor comment
	comma  bool // that is a comma
}

// scanFlow reads from an opening bracket to the one that closes it, past quotes and comments. false where there is none: what
// was parsed as YAML has one.
func scanFlow(data []byte, begin int) (flow, bool) {
	depth := 1
	f := flow{last: begin + 1}
	for i := begin + 1; i < len(data); {
		end := i + 1
		switch c := data[i]; {
		case c == ' ' || c == '\t' || lineBreak(data[i:]) > 0:
			i += max(lineBreak(data[i:]), 1)
			continue
		case c == '#':
			for i < len(data) && lineBreak(data[i:]) == 0 {
				i++
			}
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				f.closes = i
				return f, true
			}
		case c == ',' || c == ':' || c == '?':
		case c == '"' || c == '\'':
			if end = quoteEnd(data, i); end < 0 {
				return flow{}, false
			}
		default:
			end = plainEnd(data, i)
		}
		f.last, f.comma = end, data[i] == ','
		i = end
	}
	return flow{}, false
}

// quoteEnd is the offset behind a text in quotes; -1 where it does not end.
func quoteEnd(data []byte, begin int) int {
	quote := data[begin]
	for i := begin + 1; i < len(data); i++ {
		switch {
		case quote == '"' && data[i] == '\\':
			i++
		case data[i] != quote:
		case quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// plainEnd is the offset behind a text without quotes inside brackets.
func plainEnd(data []byte, begin int) int {
	const signs = ",[]{}"
	end := begin + 1
	for i := begin; i < len(data); i++ {
		c := data[i]
		switch {
		case strings.IndexByte(signs, c) >= 0, c == '#' && blank(data[i-1:]):
			return end
		case c == ':' && (blank(data[i+1:]) || i+1 < len(data) && strings.IndexByte(signs, data[i+1]) >= 0):
			return end
		case !blank(data[i:]):
			end = i + 1
		}
	}
	return end
}

// blank reports whether a text begins with a space or line break, or is at its end.
func blank(data []byte) bool {
	return len(data) == 0 || data[0] == ' ' || data[0] == '\t' || lineBreak(data) > 0
}

package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hcl is Terraform's language, laid out as terraform fmt does it:
// https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
type hcl struct{ strings.Builder }

// comment writes lines of comment before what comes next.
func (h *hcl) comment(lines comment) {
	for _, line := range lines {
		h.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
}

// block writes a block, with an empty line behind it. header is its type and labels, as in `resource "aws_iam_role" "x"`.
func (h *hcl) block(header string, body ...any) {
	h.within(header, body, 0)
	h.WriteByte('\n')
}

// nested is a block within another.
type nested struct {
	header string
	body   []any
}

// within writes a body of members, and of blocks nested in it behind them.
func (h *hcl) within(header string, body []any, depth int) {
	indent := strings.Repeat("  ", depth)
	h.WriteString(indent + header + " {\n")
	var members object
	for _, part := range body {
		if m, ok := part.(member); ok {
			members = append(members, m)
		}
	}
	h.WriteString(assignments(members, depth+1, func(name string) string { return name }))
	for i, part := range body {
		if block, ok := part.(nested); ok {
			if i > 0 {
				h.WriteByte('\n')
			}
			h.within(block.header, block.body, depth+1)
		}
	}
	h.WriteString(indent + "}\n")
}

// assignments are a line or more for each member. Neighbours of one line have their signs of equality below each other.
func assignments(members object, depth int, written func(key string) string) string {
	var b strings.Builder
	for i := 0; i < len(members); {
		end, width := i, 0
		var values []string
		for ; end < len(members); end++ {
			text := expression(members[end].value, depth)
			if strings.Contains(text, "\n") && end > i {
				break
			}
			values = append(values, text)
			width = max(width, utf8.RuneCountInString(written(members[end].key)))
			if strings.Contains(text, "\n") {
				end++
				break
			}
		}
		for n, text := range values {
			key := written(members[i+n].key)
			pad := strings.Repeat(" ", width-utf8.RuneCountInString(key))
			b.WriteString(strings.Repeat("  ", depth) + key + pad + " = " + text + "\n")
		}
		i = end
	}
	return b.String()
}

// expression writes a value; what it has of lines behind the first is indented for a line of that depth.
func expression(v value, depth int) string {
	indent := strings.Repeat("  ", depth)
	switch v := v.(type) {
	case string:
		return quoted(v)
	case int:
		return strconv.Itoa(v)
	case reference:
		return string(v)
	case call:
		return v.function + "(" + expression(v.argument, depth) + ")"
	case object:
		if len(v) == 0 {
			return "{}"
		}
		return "{\n" + assignments(v, depth+1, objectKey) + indent + "}"
	case list:
		if short := oneLine(v); short != "" {
			return short
		}
		var b strings.Builder
		b.WriteString("[\n")
		for _, one := range v {
			b.WriteString(indent + "  " + expression(one, depth+1) + ",\n")
		}
		b.WriteString(indent + "]")
		return b.String()
	}
	panic(fmt.Sprintf("render: no value of Terraform: %T", v)) // never: the values are this package's own
}

// call is a function with one argument.
type call struct {
	function string
	argument value
}

// oneLine is a list that is short enough for one line, else "".
func oneLine(l list) string {
	var words []string
	size := 0
	for _, one := range l {
		switch one.(type) {
		case string, reference, int:
		default:
			return ""
		}
		words = append(words, expression(one, 0))
		size += len(words[len(words)-1]) + 2
	}
	if size > columns-20 && len(l) > 1 {
		return ""
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// objectKey writes the key of an object: a plain word bare, all else in quotes.
func objectKey(key string) string {
	if key != "" && key != "for" && !digit(rune(key[0])) && strings.IndexFunc(key, func(r rune) bool { return !letter(r) && !digit(r) && r != '_' }) < 0 {
		return key
	}
	return quoted(key)
}

// quoted writes a text as a quoted template that means that text and nothing else: no expression in it, no directive, no
// end of the string.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	var before rune
	for i, r := range text {
		switch {
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			if before == r { // doubled signs behind a third are read in more than one way
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
				b.WriteRune(r)
			}
		case r == '"', r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	b.WriteByte('"')
	return b.String()
}

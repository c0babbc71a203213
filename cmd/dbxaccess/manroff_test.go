//go:build linux

package main

import (
	"fmt"
	"strings"
)

// roff writes manual pages in the macros of man(7), which mandoc and groff read alike.
type roff struct{ strings.Builder }

// escapes are what is no plain character to roff. A hyphen is one that can be copied and searched for.
var escapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escape is a line of text as roff takes it; one that begins with a dot would be a request.
func escape(text string) string {
	text = escapes.Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func (r *roff) section(title string)    { fmt.Fprintf(r, ".SH %s\n", title) }
func (r *roff) subsection(title string) { fmt.Fprintf(r, ".SS %s\n", escape(title)) }
func (r *roff) paragraph(text string)   { fmt.Fprintf(r, ".PP\n%s\n", broken(text)) }

// longWord is one that need not fit a line of a manual page, which has 80 columns and two indents.
const longWord = 60

// broken is a text that is broken into lines, an address that is too long for one behind any slash of its path.
func broken(text string) string {
	words := strings.Split(escape(text), " ")
	for i, word := range words {
		if host, path, ok := strings.Cut(word, "://"); ok && len(word) > longWord {
			words[i] = host + "://" + strings.ReplaceAll(path, "/", `/\:`)
		}
	}
	return strings.Join(words, " ")
}

// entries are names in bold, each with what it means below it.
func (r *roff) entries(rows [][2]string) {
	for _, row := range rows {
		fmt.Fprintf(r, ".TP\n.B %s\n%s\n", escape(row[0]), broken(row[1]))
	}
}

// verbatim is what is to be copied.
func (r *roff) verbatim(lines string) {
	r.WriteString(".PP\n.nf\n")
	for line := range strings.SplitSeq(strings.Trim(lines, "\n"), "\n") {
		fmt.Fprintln(r, escape(line))
	}
	r.WriteString(".fi\n")
}

package profiles

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// hunk is a run of lines that change. Line numbers are from 1; of an empty side, the number is that of the line before.
type hunk struct {
	oldLine, newLine int
	removed, added   []string
	section          string // the header above; "" where the header is part of the change
}

// differ collects hunks while a document is written out from top to bottom.
type differ struct {
	section          string
	oldLine, newLine int // lines passed so far
	done             []hunk
	open             *hunk
}

func (d *differ) keep() {
	d.close()
	d.oldLine++
	d.newLine++
}

func (d *differ) remove(text string) {
	h := d.current()
	h.removed = append(h.removed, text)
	d.oldLine++
}

func (d *differ) add(text string) {
	h := d.current()
	h.added = append(h.added, text)
	d.newLine++
}

func (d *differ) current() *hunk {
	if d.open == nil {
		d.open = &hunk{oldLine: d.oldLine, newLine: d.newLine, section: d.section}
	}
	return d.open
}

func (d *differ) close() {
	if d.open == nil {
		return
	}
	if len(d.open.removed) > 0 {
		d.open.oldLine++
	}
	if len(d.open.added) > 0 {
		d.open.newLine++
	}
	d.done = append(d.done, *d.open)
	d.open = nil
}

func (d *differ) hunks() []hunk {
	d.close()
	return d.done
}

// unified writes hunks as diff -U0 does. There are no lines of context: they are other people's, and a config file may
// hold static keys.
func unified(path string, hunks []hunk) string {
	if len(hunks) == 0 {
		return ""
	}
	var b strings.Builder
	path = ui.Clean(path)
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", path, path)
	for _, h := range hunks {
		heading := fmt.Sprintf("@@ -%s +%s @@ %s", span(h.oldLine, h.removed), span(h.newLine, h.added), ui.Clean(h.section))
		b.WriteString(strings.TrimRight(heading, " ") + "\n")
		for _, l := range h.removed {
			b.WriteString("-" + ui.Clean(l) + "\n")
		}
		for _, l := range h.added {
			b.WriteString("+" + ui.Clean(l) + "\n")
		}
	}
	return b.String()
}

func span(line int, lines []string) string {
	if len(lines) == 1 {
		return fmt.Sprint(line)
	}
	return fmt.Sprintf("%d,%d", line, len(lines))
}

package editor

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// differ writes a diff while a document is written from top to bottom, as diff -U0 does, without lines of context,
// which are not ours.
type differ struct {
	section string // the header above
	done    strings.Builder
	open    *hunk

	oldLine, newLine int // lines so far
}

// hunk is a run of lines that change.
type hunk struct {
	section          string // the header above; "" where the header is part of the change
	oldLine, newLine int    // before the first of its lines
	removed, added   []string
}

// unchanged says that a line stays.
func (d *differ) unchanged() {
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
		d.open = &hunk{section: d.section, oldLine: d.oldLine, newLine: d.newLine}
	}
	return d.open
}

func (d *differ) close() {
	h := d.open
	if h == nil {
		return
	}
	d.open = nil
	heading := fmt.Sprintf("@@ -%s +%s @@ %s", span(h.oldLine, len(h.removed)), span(h.newLine, len(h.added)), ui.Clean(h.section))
	d.done.WriteString(strings.TrimRight(heading, " ") + "\n")
	for _, l := range h.removed {
		d.done.WriteString("-" + ui.Clean(l) + "\n")
	}
	for _, l := range h.added {
		d.done.WriteString("+" + ui.Clean(l) + "\n")
	}
}

// unified is the diff of the file at path; "" where nothing changed.
func (d *differ) unified(path string) string {
	d.close()
	if d.done.Len() == 0 {
		return ""
	}
	path = ui.Clean(path)
	return "--- " + path + "\n+++ " + path + "\n" + d.done.String()
}

// span names n lines behind a line; for none, the number is that of the line before.
func span(before, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", before)
	case 1:
		return fmt.Sprint(before + 1)
	}
	return fmt.Sprintf("%d,%d", before+1, n)
}

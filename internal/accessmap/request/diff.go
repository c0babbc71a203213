package request

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const contextLines = 3

// patchLine is a line of a unified diff, without its line break.
type patchLine struct {
	sign byte // ' ', '-' or '+'
	text string
	cut  bool // it ends the file, without a line break
}

// unified is the difference that insertions and cuts make, as diff -u and git write it; texts are in the order of the file. It never
// shows a line that holds a secret: as context such a line is left out with all beyond it, and ok is false where it is one of
// those that change or follows at once.
func (d *document) unified(name string, texts []insertion, secrets []string) (patch string, ok bool) {
	hides := func(line string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(line, secret) })
	}
	all := d.patchLines(texts)
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", name, name)
	oldLine, newLine := 0, 0 // before the line at hand
	for i := 0; i < len(all); {
		if all[i].sign == ' ' {
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		begin := i
		for begin > 0 && i-begin < contextLines && all[begin-1].sign == ' ' && !hides(all[begin-1].text) {
			begin--
		}
		end := i // behind the last change, as long as the next is near
		for next := i; next < len(all) && next-end < 2*contextLines && !hides(all[next].text); next++ {
			if all[next].sign != ' ' {
				end = next + 1
			}
		}
		if end == i {
			return "", false
		}
		last := end
		for last < len(all) && last-end < contextLines && all[last].sign == ' ' && !hides(all[last].text) {
			last++
		}
		if last == end && last < len(all) { // without a line behind it, git takes the change for the end of the file
			return "", false
		}
		writeHunk(&b, oldLine-(i-begin), newLine-(i-begin), all[begin:last])
		for ; i < last; i++ {
			if all[i].sign != '+' {
				oldLine++
			}
			if all[i].sign != '-' {
				newLine++
			}
		}
	}
	return b.String(), true
}

// writeHunk writes lines that follow one another; before are the lines that stand before them in each file.
func writeHunk(b *strings.Builder, oldBefore, newBefore int, lines []patchLine) {
	had, has := 0, 0
	for _, l := range lines {
		if l.sign != '+' {
			had++
		}
		if l.sign != '-' {
			has++
		}
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", extent(oldBefore, had), extent(newBefore, has))
	for _, l := range lines {
		b.WriteByte(l.sign)
		b.WriteString(l.text)
		b.WriteByte('\n')
		if l.cut {
			b.WriteString("\\ No newline at end of file\n")
		}
	}
}

// extent names lines as a hunk's heading does: of none, the number is that of the line before.
func extent(before, lines int) string {
	if lines == 0 {
		return fmt.Sprintf("%d,0", before)
	}
	return fmt.Sprintf("%d,%d", before+1, lines)
}

// patchLines are all lines of the file, with those that insertions change and add.
func (d *document) patchLines(texts []insertion) []patchLine {
	var all []patchLine
	add := func(sign byte, text string) {
		for line := range strings.Lines(text) {
			whole := strings.TrimSuffix(line, "\n")
			all = append(all, patchLine{sign, whole, whole == line})
		}
	}
	at := 0
	for line := range bytes.Lines(d.data) {
		end := at + len(line)
		var before, changed strings.Builder
		done, touched := at, false
		for _, t := range texts {
			switch {
			case t.at == at && strings.HasSuffix(t.text, "\n"):
				before.WriteString(t.text)
			case t.at >= at && (t.at < end || end == len(d.data) && t.at == end && !bytes.HasSuffix(line, []byte("\n"))):
				changed.Write(d.data[done:t.at])
				changed.WriteString(t.text)
				done, touched = t.at+t.cut, true
			}
		}
		add('+', before.String())
		if !touched {
			add(' ', string(line))
		} else {
			changed.Write(d.data[done:end])
			add('-', string(line))
			add('+', changed.String())
		}
		at = end
	}
	for _, t := range texts {
		if t.at == len(d.data) && strings.HasSuffix(t.text, "\n") {
			add('+', t.text)
		}
	}
	return all
}

package picker

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	around   = 2  // lines beside the options: the question, the keys
	most     = 20 // options at once: more is no list, but a page to read
	mark     = "> "
	noMark   = "  "
	gap      = "  "
	leastGap = 12 // columns that are worth a note
)

// view is the list as lines of a terminal, and the column of the cursor in the first one. The last column stays free: in it, some
// terminals begin a new line.
func (l *list) view(w io.Writer, columns, rows int) (lines []string, cursor int) {
	width := max(1, columns-1)
	l.page = max(1, min(rows-around, most, len(l.question.Options)))
	l.top = max(0, min(l.top, l.at, len(l.found)-l.page))
	l.top = max(l.top, l.at-l.page+1)

	question := ui.Fit(ui.Clean(l.question.Text)+" ", max(0, width-10))
	shown := l.typed
	for ui.Width(question+string(shown)) >= width && len(shown) > 0 { // its end is where the person types
		shown = shown[1:]
	}
	first := question + string(shown)
	lines = append(lines, ui.Paint(w, ui.Bold, question)+string(shown))

	names := 0
	for _, o := range l.question.Options {
		names = max(names, ui.Width(o.Name))
	}
	names = min(names, width-len(mark))
	for i := l.top; i < min(len(l.found), l.top+l.page); i++ {
		lines = append(lines, l.row(w, i, names, width))
	}
	if len(l.found) == 0 {
		lines = append(lines, ui.Fit(noMark+"nothing has that in its name or description", width))
	}
	return append(lines, ui.Paint(w, ui.Faint, l.keys(width))), ui.Width(first)
}

func (l *list) row(w io.Writer, i, names, width int) string {
	o := l.question.Options[l.found[i]]
	name := ui.Fit(o.Name, names)
	note := ui.Clean(o.Note)
	left := width - len(mark) - names - len(gap)
	if note != "" && left >= leastGap {
		note = strings.Repeat(" ", names-ui.Width(name)) + gap + ui.Fit(note, left)
	} else {
		note = ""
	}
	if i == l.at {
		return ui.Paint(w, ui.Bold, mark+name+note)
	}
	return noMark + name + note
}

// keys are what one can press, in as many words as there is room for.
func (l *list) keys(width int) string {
	count := fmt.Sprintf("%s%d of %d", noMark, len(l.found), len(l.question.Options))
	var ways [3][]string
	for i, few := range ways {
		if i < 2 {
			few = append(few, count)
		}
		if i == 0 {
			few = append(few, "type or ↑↓")
		}
		few = append(few, "Enter takes")
		if keep := l.question.Keep; keep != "" {
			few = append(few, "Ctrl-R "+keep)
		}
		ways[i] = append(few, "Esc leaves")
	}
	for _, words := range ways {
		if line := strings.TrimPrefix(strings.Join(words, " · "), noMark); ui.Width(noMark+line) <= width {
			return noMark + line
		}
	}
	return ui.Fit(count, width)
}

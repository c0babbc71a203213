package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// paper is what a terminal of a number of columns shows, with everything that has scrolled away: one line of cells per
// row. It obeys what dbxaccess writes and no more; anything else is shown, so that a golden file tells of it.
type paper struct {
	columns  int
	rows     [][]paperCell
	row, col int
	style    string
}

// paperCell is a character with what combines with it; "" is the right half of a wide one.
type paperCell struct{ text, style string }

func newPaper(columns int, written string) *paper {
	p := &paper{columns: columns, rows: [][]paperCell{nil}}
	for written != "" {
		if rest, ok := p.obey(written); ok {
			written = rest
			continue
		}
		r := []rune(written)[0]
		written = written[len(string(r)):]
		p.put(r)
	}
	return p
}

// obey does what a control character or sequence at the beginning of the text says.
func (p *paper) obey(text string) (rest string, ok bool) {
	switch text[0] {
	case '\r':
		p.col = 0
	case '\n':
		p.row++
		if p.row == len(p.rows) {
			p.rows = append(p.rows, nil)
		}
	case '\b':
		p.col = max(0, p.col-1)
	case '\x1b':
		return p.sequence(text)
	default:
		return text, false
	}
	return text[1:], true
}

func (p *paper) sequence(text string) (rest string, ok bool) {
	if link, found := strings.CutPrefix(text, "\x1b]8;;"); found { // where a link begins or ends
		if _, rest, found := strings.Cut(link, "\x1b\\"); found {
			return rest, true
		}
	}
	parameters, found := strings.CutPrefix(text, "\x1b[")
	end := strings.IndexFunc(parameters, func(r rune) bool { return r >= '@' && r <= '~' })
	if !found || end < 0 {
		return text, false
	}
	parameters, final, rest := parameters[:end], parameters[end], parameters[end+1:]
	n, err := strconv.Atoi(parameters)
	if err != nil {
		n = 0
	}
	switch final {
	case 'A':
		p.row = max(0, p.row-max(1, n))
	case 'B':
		p.row = min(len(p.rows)-1, p.row+max(1, n))
	case 'C':
		p.col = min(p.columns-1, p.col+max(1, n))
	case 'D':
		p.col = max(0, p.col-max(1, n))
	case 'G':
		p.col = min(p.columns, max(1, n)) - 1
	case 'J', 'K':
		if n != 0 {
			return text, false
		}
		p.rows[p.row] = p.rows[p.row][:min(p.col, len(p.rows[p.row]))]
		if final == 'J' {
			p.rows = p.rows[:p.row+1]
		}
	case 'm':
		p.style = strings.TrimPrefix(parameters, "0")
	default:
		return text, false
	}
	return rest, true
}

func (p *paper) put(r rune) {
	width := ui.Width(string(r))
	line := &p.rows[p.row]
	if width == 0 && p.col > 0 && p.col <= len(*line) {
		(*line)[p.col-1].text += string(r)
		return
	}
	if p.col+width > p.columns { // as real ones do, it wraps when the next character comes, not before
		p.row, p.col = p.row+1, 0
		p.rows = slices.Insert(p.rows, p.row, nil)
		line = &p.rows[p.row]
	}
	for len(*line) < p.col+width {
		*line = append(*line, paperCell{" ", ""})
	}
	(*line)[p.col] = paperCell{string(r), p.style}
	for i := 1; i < width; i++ {
		(*line)[p.col+i] = paperCell{"", p.style}
	}
	p.col += width
}

// text is what one reads, without trailing spaces.
func (p *paper) text() string { return p.render(func(string) string { return "" }) }

// painted is text with marks where a style begins and ends: <red>dbxaccess:<>.
func (p *paper) painted() string {
	names := map[string]string{"1": "bold", "2": "faint", "31": "red", "32": "green", "33": "yellow"}
	return p.render(func(style string) string {
		if name, ok := names[style]; ok || style == "" {
			return "<" + name + ">"
		}
		return "<" + style + ">"
	})
}

func (p *paper) render(mark func(style string) string) string {
	var b strings.Builder
	for _, row := range p.rows {
		var line strings.Builder
		style := ""
		for _, cell := range row {
			if cell.style != style {
				style = cell.style
				line.WriteString(mark(style))
			}
			line.WriteString(cell.text)
		}
		if style != "" {
			line.WriteString(mark(""))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func TestPaperObeysAsTerminalsDo(t *testing.T) {
	for written, want := range map[string]string{
		"a\r\nb\r\n":                         "a\nb\n",
		"123456789012":                       "1234567890\n12\n",
		"1234567890\r\nx":                    "1234567890\nx\n",
		"12345678日本":                         "12345678日\n本\n",
		"waiting 9s\r\x1b[Kdone\r\n":         "done\n",
		"one\r\ntwo\r\nthree\x1b[2A\rONE":    "ONE\ntwo\nthree\n",
		"one\r\ntwo\x1b[1A\r\x1b[Jx":         "x\n",
		"e\u0301te":                          "e\u0301te\n",
		"ab\b\bc\x1b[3Cd":                    "cb  d\n",
		"\x1b[31mred\x1b[0m, \x1b[?25lplain": "red, \x1b[?25\nlplain\n",
	} {
		if got := newPaper(10, written).text(); got != want {
			t.Errorf("%q shows %q, want %q", written, got, want)
		}
	}
	if got := newPaper(80, "\x1b[31mdbxaccess:\x1b[0m \x1b[1mx\x1b[0m").painted(); got != "<red>dbxaccess:<> <bold>x<>\n" {
		t.Errorf("painted %q", got)
	}
}

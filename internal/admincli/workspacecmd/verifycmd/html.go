package verifycmd

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

//go:embed report.html
var reportText string

// Sizes of the pictures, in pixels, and how much the report shows.
const (
	labelWidth, barWidth = 260, 600
	rowHeight            = 26
	mostBars             = 20
	mostShown            = 3000
)

// picture is bars under each other, the counts of what they stand for.
type picture struct {
	Height int
	Rows   []row
}

type row struct {
	Label, Count string
	Y, Text      int
	Bars         []bar
	End          int
}

// bar is a piece of a row.
type bar struct {
	X, Width int
	Class    string
	Title    string
}

// piece is a count to be drawn.
type piece struct {
	n           int
	class, name string
}

type page struct {
	*report
	Made               time.Time
	Line               string
	Notes              []string
	Kinds, Where, Runs picture
	Shown              []verify.Finding
	Hidden             int
	Means              []verify.Kind
}

// printHTML prints the report: one file, without scripts, and with nothing that is fetched from elsewhere.
func printHTML(out io.Writer, r *report, now time.Time) error {
	p := page{report: r, Made: now.UTC(), Line: r.line(), Notes: r.notes(), Shown: r.Findings}
	if len(p.Shown) > mostShown {
		p.Shown, p.Hidden = p.Shown[:mostShown], len(p.Shown)-mostShown
	}
	p.draw()
	t, err := template.New("report").Funcs(template.FuncMap{"day": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }}).Parse(reportText)
	if err != nil {
		return err
	}
	return t.Execute(out, &p)
}

// severities of some findings, as pieces of one row.
func severities(findings []verify.Finding, of func(verify.Finding) bool) (pieces []piece) {
	for _, s := range []verify.Severity{verify.High, verify.Medium, verify.Low} {
		n := 0
		for _, f := range findings {
			if f.Severity == s && of(f) {
				n++
			}
		}
		pieces = append(pieces, piece{n, string(s), string(s)})
	}
	return pieces
}

func (p *page) draw() {
	type line struct {
		label  string
		pieces []piece
	}
	picture := func(lines []line) (pic picture) {
		most := 1
		for _, l := range lines {
			most = max(most, sum(l.pieces))
		}
		for _, l := range lines {
			total := sum(l.pieces)
			if total == 0 {
				continue
			}
			r := row{Label: ui.Cut(l.label, 34), Count: fmt.Sprint(total), Y: len(pic.Rows) * rowHeight, End: labelWidth}
			r.Text = r.Y + rowHeight - 9
			for _, piece := range l.pieces {
				if piece.n == 0 {
					continue
				}
				width := max(2, barWidth*piece.n/most)
				r.Bars = append(r.Bars, bar{r.End, width, piece.class, fmt.Sprintf("%s: %d %s", ui.Clean(l.label), piece.n, piece.name)})
				r.End += width
			}
			r.End += 6
			pic.Rows = append(pic.Rows, r)
		}
		pic.Height = len(pic.Rows) * rowHeight
		return pic
	}
	var kinds, where, runs []line
	for _, k := range verify.Kinds() {
		pieces := severities(p.Findings, func(f verify.Finding) bool { return f.ID == k.ID })
		if kinds = append(kinds, line{string(k.ID), pieces}); sum(pieces) > 0 {
			p.Means = append(p.Means, k)
		}
	}
	for _, part := range p.Parts {
		where = append(where, line{string(part.Name), severities(p.Findings, func(f verify.Finding) bool { return f.Part == part.Name })})
	}
	for i, one := range p.RunsAs {
		if i == mostBars {
			break
		}
		runs = append(runs, line{one.Name, []piece{{one.Objects - one.AsCreator, "named", "that say so"}, {one.AsCreator, "creator", "as who created them"}}})
	}
	p.Kinds, p.Where, p.Runs = picture(kinds), picture(where), picture(runs)
}

func sum(pieces []piece) (n int) {
	for _, p := range pieces {
		n += p.n
	}
	return n
}

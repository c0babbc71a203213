package tracecmd

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

//go:embed report.html
var reportText string

// reportPage parses the report's template, which no other command pays for.
func reportPage() (*template.Template, error) {
	return template.New("report").Funcs(template.FuncMap{
		"size": size, "day": func(t time.Time) string { return t.Format("2006-01-02 15:04") },
	}).Parse(reportText)
}

// Sizes of the pictures, in pixels, and how much they show.
const (
	lineWidth, lineHeight = 1000, 180
	mostBars              = 200
	mostRows, mostColumns = 30, 16
	mostLabel, mostHead   = 32, 28 // of names, in runes
	cellWidth, cellHeight = 48, 24
	letter                = 7 // as wide as one of a label is, about
)

// page is what the report shows.
type page struct {
	*summary
	Made     time.Time
	Line     string
	Bars     []bar
	Step     string // how long a bar stands for
	Most     string // what the highest bar stands for
	From, To time.Time
	Heat     heat
	Week     heat
	Joined   int64
}

type bar struct {
	X, Y, Width, Height float64
	Title               string
}

type heat struct {
	Width, Height int
	Columns, Rows []label
	Cells         []square
	Left          string // what is not shown
}

type label struct {
	X, Y int
	Text string
}

type square struct {
	X, Y, Width, Height int
	Title               string
	Shade               string // opacity
}

// printHTML prints the report: one file, without scripts, and with nothing that is fetched from elsewhere.
func printHTML(out io.Writer, s *summary, now time.Time) error {
	p := page{summary: s, Made: now.UTC(), Line: s.line(), Joined: s.joined()}
	p.bars()
	p.week()
	p.heat()
	t, err := reportPage()
	if err != nil {
		return err
	}
	return t.Execute(out, &p)
}

// bars are what was read by time, in steps of hours or days that fit the picture.
func (p *page) bars() {
	hours := p.tally.Hours.By
	if len(hours) == 0 {
		return
	}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for hour := range hours {
		first, last = min(first, hour), max(last, hour)
	}
	step := int64(1)
	for _, step = range []int64{1, 3, 6, 12, 24, 7 * 24, 28 * 24, 365 * 24} {
		if (last-first)/step < mostBars {
			break
		}
	}
	p.Step = map[int64]string{1: "hour", 24: "day", 7 * 24: "week"}[step]
	if p.Step == "" {
		p.Step = fmt.Sprintf("%d hours", step)
	}
	first -= first % step
	n := min((last-first)/step+1, mostBars) // times of a hostile log may lie centuries apart
	sums := make([]trace.Sum, n)
	for hour, s := range hours {
		at := min((hour-first)/step, n-1)
		sums[at].Reads += s.Reads
		sums[at].Bytes += s.Bytes
	}
	value := func(s trace.Sum) float64 { return float64(s.Bytes) }
	most := slices.MaxFunc(sums, func(a, b trace.Sum) int { return cmp.Compare(value(a), value(b)) })
	p.Most = size(most.Bytes)
	if most.Bytes == 0 {
		value = func(s trace.Sum) float64 { return float64(s.Reads) }
		most = slices.MaxFunc(sums, func(a, b trace.Sum) int { return cmp.Compare(value(a), value(b)) })
		p.Most = ui.Count(int(most.Reads), "read", "reads")
	}
	p.From, p.To = time.Unix(first*3600, 0).UTC(), time.Unix((first+n*step)*3600, 0).UTC()
	width := float64(lineWidth) / float64(n)
	for i, s := range sums {
		if s.Reads == 0 {
			continue
		}
		height := math.Max(1, lineHeight*value(s)/math.Max(1, value(most)))
		p.Bars = append(p.Bars, bar{
			X: float64(i) * width, Y: lineHeight - height, Width: math.Max(1, width-1), Height: height,
			Title: fmt.Sprintf("%s: %s in %s", time.Unix((first+int64(i)*step)*3600, 0).UTC().Format("2006-01-02 15:04"), size(s.Bytes), ui.Count(int(s.Reads), "read", "reads")),
		})
	}
}

// heat shows which person read how much of which dataset, the largest readers and datasets first. Shades go by the logarithm.
func (p *page) heat() {
	t := p.tally
	people, datasets := t.People.Sorted(trace.Person.Compare), t.Datasets.Sorted(cmp.Compare[string])
	datasets = slices.DeleteFunc(datasets, func(d string) bool { return d == "" })
	if len(people) > mostRows || len(datasets) > mostColumns {
		p.Heat.Left = fmt.Sprintf("The first %d of %d people and %d of %d datasets are shown.", min(len(people), mostRows), len(people), min(len(datasets), mostColumns), len(datasets))
		people, datasets = people[:min(len(people), mostRows)], datasets[:min(len(datasets), mostColumns)]
	}
	labelWidth, head := 60, 24
	for _, person := range people {
		labelWidth = max(labelWidth, 16+letter*utf8.RuneCountInString(ui.Cut(p.naming.shown(person), mostLabel)))
	}
	for _, d := range datasets { // they stand aslant
		head = max(head, 16+letter*utf8.RuneCountInString(ui.Cut(d, mostHead))/2)
	}
	p.Heat.Width, p.Heat.Height = labelWidth+cellWidth*max(1, len(datasets))+160, head+cellHeight*len(people)+4
	weight := func(s *trace.Sum) float64 { return math.Log1p(float64(s.Bytes) + float64(s.Reads)) }
	most := 1.0
	for _, s := range t.Cells.By {
		most = math.Max(most, weight(s))
	}
	for x, d := range datasets {
		p.Heat.Columns = append(p.Heat.Columns, label{labelWidth + x*cellWidth + cellWidth/3, head - 6, ui.Cut(d, mostHead)})
	}
	for y, person := range people {
		top := head + y*cellHeight
		p.Heat.Rows = append(p.Heat.Rows, label{labelWidth - 8, top + cellHeight - 8, ui.Cut(p.naming.shown(person), mostLabel)})
		for x, d := range datasets {
			cell := square{X: labelWidth + x*cellWidth, Y: top, Width: cellWidth - 2, Height: cellHeight - 2}
			cell.Title = fmt.Sprintf("%s, %s: nothing", p.naming.shown(person), d)
			if s := t.Cells.By[trace.Cell{Person: person, Dataset: d}]; s != nil {
				cell.Title = fmt.Sprintf("%s, %s: %s in %s", p.naming.shown(person), d, size(s.Bytes), ui.Count(int(s.Reads), "read", "reads"))
				cell.Shade = fmt.Sprintf("%.2f", 0.12+0.88*weight(s)/most)
			}
			p.Heat.Cells = append(p.Heat.Cells, cell)
		}
	}
}

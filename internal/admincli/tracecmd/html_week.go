package tracecmd

import (
	"fmt"
	"math"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Sizes of the picture of a week, in pixels.
const (
	weekLabel, weekHead       = 44, 22
	weekWidth, weekHeight     = 38, 24
	hoursOfDay, daysOfWeek    = 24, 7
	weekFaintest, weekDarkest = 0.14, 1.0
)

// weekOf is the day of the week, from Monday, and the hour of an hour of Unix time: 1970 began with a Thursday.
func weekOf(hour int64) (day, of int) {
	days := hour / hoursOfDay
	if hour%hoursOfDay < 0 {
		days--
	}
	return int(((days+3)%daysOfWeek + daysOfWeek) % daysOfWeek), int(hour - days*hoursOfDay)
}

// week shows at which hours of which days of the week was read, whatever the week: what a nightly job reads, and what somebody reads
// at night, stand out. Shades go by the square root of reads.
func (p *page) week() {
	var sums [daysOfWeek][hoursOfDay]trace.Sum
	most := int64(0)
	for hour, s := range p.tally.Hours.By {
		day, of := weekOf(hour)
		sums[day][of].Reads += s.Reads
		sums[day][of].Bytes += s.Bytes
		most = max(most, sums[day][of].Reads)
	}
	if most == 0 {
		return
	}
	p.Week.Width, p.Week.Height = weekLabel+hoursOfDay*weekWidth, weekHead+daysOfWeek*weekHeight
	for of := range hoursOfDay {
		p.Week.Columns = append(p.Week.Columns, label{weekLabel + of*weekWidth + weekWidth/2 - 1, weekHead - 8, fmt.Sprintf("%02d", of)})
	}
	for day := range daysOfWeek {
		name := time.Weekday((day + 1) % daysOfWeek).String()[:3]
		top := weekHead + day*weekHeight
		p.Week.Rows = append(p.Week.Rows, label{weekLabel - 10, top + weekHeight - 8, name})
		for of := range hoursOfDay {
			s := sums[day][of]
			cell := square{
				X: weekLabel + of*weekWidth, Y: top, Width: weekWidth - 2, Height: weekHeight - 2,
				Title: fmt.Sprintf("%s %02d:00: %s in %s", name, of, size(s.Bytes), ui.Count(int(s.Reads), "read", "reads")),
			}
			if s.Reads > 0 {
				cell.Shade = fmt.Sprintf("%.2f", weekFaintest+(weekDarkest-weekFaintest)*math.Sqrt(float64(s.Reads)/float64(most)))
			}
			p.Week.Cells = append(p.Week.Cells, cell)
		}
	}
}

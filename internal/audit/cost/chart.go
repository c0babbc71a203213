package cost

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	maxBars  = 20 // the rest is one
	maxLabel = 32 // columns
	leastBar = 10 // columns of the longest bar
)

// bar is one of a chart.
type bar struct {
	label string
	hours float64
}

// bars are the longest, and the rest together.
func bars(lines []Line) []bar {
	var all []bar
	rest, more := 0.0, 0
	for i, line := range lines {
		if i >= maxBars {
			rest += line.Hours
			more++
			continue
		}
		values := make([]string, len(line.Values))
		for i, v := range line.Values {
			values[i] = ui.OrDash(ui.Clean(v))
		}
		all = append(all, bar{strings.Join(values, " · "), line.Hours})
	}
	if more > 0 {
		all = append(all, bar{fmt.Sprintf("%d more", more), rest})
	}
	return all
}

// Chart draws the hours of lines as bars of text, in so many columns.
func Chart(lines []Line, columns int) string {
	all := bars(lines)
	longest, label, number := 0.0, 0, 0
	for _, b := range all {
		longest = max(longest, b.hours)
		label, number = max(label, min(maxLabel, ui.Width(b.label))), max(number, len(hours(b.hours)))
	}
	room := max(leastBar, columns-label-number-4)
	var text strings.Builder
	for _, b := range all {
		name := ui.Fit(b.label, label)
		row := fmt.Sprintf("%s%s  %*s  %s", name, strings.Repeat(" ", label-ui.Width(name)), number, hours(b.hours), drawn(b.hours, longest, room))
		text.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return text.String()
}

func hours(h float64) string { return fmt.Sprintf("%.1f h", h) }

// drawn is a bar in eighths of a column. What is not nothing is seen.
func drawn(h, longest float64, room int) string {
	if h <= 0 {
		return ""
	}
	eighths := max(1, int(h/longest*float64(room)*8+0.5))
	part := []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
	return strings.Repeat("█", eighths/8) + part
}

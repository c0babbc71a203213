package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Count is a number with what it counts.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Listed joins names; "none" if there are none.
func Listed(names []string) string { return cmp.Or(strings.Join(names, ", "), "none") }

// Some joins the first of many names, and says how many more there are; one more is named, too.
func Some(names []string, most int) string {
	if more := len(names) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// And joins words: "read, write and delete"; "" for none.
func And(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// OrDash shows that a cell is empty on purpose.
func OrDash(s string) string { return cmp.Or(s, "-") }

// Host shows an address by its host, which is what a person can judge, or whole if it has none. It is cleaned.
func Host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	host := rest[strings.LastIndexByte(rest, '@')+1:]
	return Clean(cmp.Or(host, address))
}

// Remaining says how long something is still valid, as Span does, or "expired".
func Remaining(until, now time.Time) string {
	d := until.Sub(now).Round(time.Second)
	if d <= 0 {
		return "expired"
	}
	return Span(d)
}

// Span is a length of time as people say it, whichever its sign: "45s", "59m", "1h 5m", "3d".
func Span(d time.Duration) string {
	switch d = d.Abs().Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

const toTheMinute = "2006-01-02 15:04"

// Local is a time to the minute, as this machine's clock shows it: for the person at it.
func Local(t time.Time) string { return t.Local().Format(toTheMinute) }

// UTC is a time to the minute in UTC, and says so: for what people elsewhere read.
func UTC(t time.Time) string { return t.UTC().Format(toTheMinute + " UTC") }

// Moment is a time of this day as the layout has it, and one of another day with the date.
func Moment(at, now time.Time, layout string) string {
	at, now = at.Local(), now.Local()
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format(layout)
	}
	return Local(at)
}

// PrintJSON writes a value for programs, indented.
func PrintJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

package account

import (
	"fmt"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// statusSink is a sink of the record with which something is wrong.
type statusSink struct {
	Sink       string     `json:"sink"`
	LacksLines int        `json:"lacks_lines"` // at most mostLacking; 0 where it is not behind
	LacksSince *time.Time `json:"lacks_since,omitempty"`
	Failures   int        `json:"failures"` // to send to it, in a row
	*sent.Lost            // that nobody was told of; nil for nothing
}

// mostLacking is how many lines that a sink lacks are counted: status is asked for often.
const mostLacking = 1000

// sinksStatus are the sinks that are behind or do not get all of the record, by what is kept here. What can't be read is left to
// doctor.
func sinksStatus(env *cli.Env) (all []statusSink) {
	settings, err := env.Settings()
	if err != nil || len(settings.Audit.Sinks) == 0 {
		return nil
	}
	record, err := env.RecordDir()
	if err != nil {
		return nil
	}
	for _, s := range settings.Audit.Sinks {
		standing, err := sent.PlaceOf(settings.Dir, s.Name, s.Place()).Stand(record, mostLacking)
		if err != nil {
			continue
		}
		one := statusSink{Sink: s.Name, Failures: standing.Failures}
		behind := standing.Behind(env.Now())
		if behind {
			one.LacksLines, one.LacksSince = standing.Lines, &standing.Since
		}
		if standing.Lost.Any() {
			one.Lost = &standing.Lost
		}
		if behind || one.Lost != nil {
			all = append(all, one)
		}
	}
	return all
}

// sinksLine says in one line what is wrong with sinks; "" for nothing.
func sinksLine(all []statusSink, now time.Time) string {
	var parts []string
	for _, s := range all {
		what := "does not get all of the record"
		if s.LacksLines > 0 {
			what = fmt.Sprintf("lacks %s of the record since %s ago", ui.Count(s.LacksLines, "line", "lines"), ui.Span(now.Sub(*s.LacksSince)))
			if s.LacksLines == mostLacking {
				what = strings.Replace(what, " lines", " lines or more", 1)
			}
		}
		parts = append(parts, s.Sink+" "+what)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ": dbxaccess audit ship"
}

package doctor

import (
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// mostBehind is how many lines that a sink lacks are counted.
const mostBehind = 10_000

// checkSinks looks at how much of the record each sink has, by what is kept here. No sink is asked.
func (d *examination) checkSinks(settings *config.Settings) {
	if settings == nil || len(settings.Audit.Sinks) == 0 {
		return
	}
	record, err := d.RecordDir()
	for _, s := range settings.Audit.Sinks {
		var standing sent.Standing
		if err == nil {
			standing, err = sent.PlaceOf(settings.Dir, s.Name, s.Place()).Stand(record, mostBehind)
		}
		if err != nil {
			d.add(failed(Skipped, "sink-skipped", s.Name, "not checked: the record can't be read", err))
			continue
		}
		if standing.Lost.Any() {
			d.add(lostFinding(s.Name, standing.Lost))
		}
		if !standing.Lost.Any() || standing.Behind(d.Now()) {
			d.add(sinkFinding(s.Name, standing, d.Now()))
		}
	}
}

// lostFinding tells of what a sink will never get. It stays until `audit ship` has told it, as to look is not to deal with it.
func lostFinding(name string, lost sent.Lost) Finding {
	return Finding{
		ID: "sink-lost", Subject: name, Status: Warning, What: "it does not get all of the record: " + lost.Words(),
		Why: "found on " + lost.Since.UTC().Format(time.RFC3339) + " by a pass that runs by itself",
		Fix: append(ui.Command("dbxaccess audit verify"), ui.Command("dbxaccess audit ship "+ui.Word(name))...),
	}
}

func sinkFinding(name string, s sent.Standing, now time.Time) Finding {
	f := Finding{ID: "sink-current", Subject: name, Status: OK, What: "it has the whole record"}
	if s.Lines == 0 {
		return f
	}
	lines := ui.Count(s.Lines, "line", "lines")
	if s.Lines == mostBehind {
		lines += " or more"
	}
	if !s.Behind(now) {
		f.What = "it has the record but for " + lines + " of the last minutes"
		return f
	}
	f.ID, f.Status, f.Fix = "sink-behind", Warning, ui.Command("dbxaccess audit ship "+ui.Word(name))
	f.What = fmt.Sprintf("it lacks %s of the record, since %s, %s ago", lines, s.Since.UTC().Format(time.RFC3339), ui.Span(now.Sub(s.Since)))
	if s.Failures > 0 {
		f.Why = fmt.Sprintf("%s to send to it failed in a row", ui.Count(s.Failures, "attempt", "attempts"))
	}
	return f
}

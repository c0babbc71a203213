package shipcmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// row is a sink in the answer.
type row struct {
	Sink string `json:"sink"`
	Type string `json:"type"`
	ship.Report
	Error *failure `json:"error,omitempty"`
}

type failure struct {
	ID   ui.ID  `json:"id"`
	Text string `json:"text"`
}

// rowOf tells of what is lost until the person's own call was there to tell it.
func rowOf(s sink, r ship.Report, err error) row {
	r.Lost = r.Untold
	made := row{Sink: s.name, Type: s.kind, Report: r}
	if err != nil {
		made.Error = &failure{ui.IDOf(err), ui.Clean(err.Error())}
	}
	return made
}

func printRows(out io.Writer, rows []row, output string, now time.Time) error {
	if output == "json" {
		return ui.PrintJSON(out, struct {
			Sinks []row `json:"sinks"`
		}{rows})
	}
	var cells [][]string
	for _, r := range rows {
		has := "nothing"
		if r.Head.Chain != "" {
			has = fmt.Sprintf("up to %d of chain %s", r.Head.Sequence, ui.Clean(r.Head.Chain))
		}
		note := r.Words()
		if note != "" && !r.Since.IsZero() {
			note += ", since " + r.Since.Format(time.RFC3339)
		}
		if r.Error != nil {
			note = strings.Trim(note+"; "+againOf(r.Report, now), "; ")
		}
		cells = append(cells, []string{r.Sink, r.Type, fmt.Sprint(r.Sent), has, ui.OrDash(note)})
	}
	return ui.PrintTable(out, []string{"SINK", "TYPE", "SENT", "HAS", "NOTE"}, cells)
}

// againOf says when it is tried again by itself.
func againOf(r ship.Report, now time.Time) string {
	if r.Retry.IsZero() {
		return "failed"
	}
	return "failed; it is tried again by itself in " + ui.Remaining(r.Retry, now) + " at the earliest"
}

package doctor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Status is the result of a check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // works, but perhaps not as meant or not for long
	Fault   Status = "fault"
	Skipped Status = "skipped" // what it depends on is missing, which has a finding of its own
)

// Finding is what one check found. Its texts are clean.
type Finding struct {
	ID      ui.ID  `json:"id"`                // see kinds
	Check   string `json:"check"`             // the link that was looked at
	Subject string `json:"subject,omitempty"` // what was looked at, where the check looks at several
	Status  Status `json:"status"`
	What    string `json:"what"`
	Why     string `json:"why,omitempty"`
	Fix     ui.Fix `json:"fix,omitempty"`   // one text, one command or step per line
	Cause   ui.ID  `json:"cause,omitempty"` // of the error behind it

	// Alike is the same for findings that differ in their subject alone, "" for those that have no such. Several is what is so of
	// several of them, behind their number: "roles can't be taken".
	Alike   string `json:"-"`
	Several string `json:"-"`
	// Subjects are those of a finding that Joined has made of several.
	Subjects []string `json:"-"`

	networkFault bool // it failed before the server answered: the next request to it would fail too
}

// failed makes a finding of an error: what says what it means here.
func failed(status Status, id ui.ID, subject, what string, err error) Finding {
	_, network := errors.AsType[net.Error](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	f := Finding{
		ID: id, Subject: subject, Status: status, What: what, Why: ui.Told(err), Fix: ui.FixOf(err), Cause: ui.IDOf(err),
		networkFault: network || certificate,
	}
	if len(f.Fix) == 0 && f.networkFault {
		f.Fix = ui.Command("dbxaccess --debug doctor") // which shows each request
	}
	return f
}

// alike is what a finding has in common with those of other subjects: its words without the names of its own.
func alike(f Finding, names ...string) string {
	text := strings.Join([]string{string(f.ID), string(f.Status), string(f.Cause), f.What, f.Why, f.Fix.String()}, "\x00")
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // an ARN may hold the name
	for _, name := range names {
		if name != "" {
			text = strings.ReplaceAll(text, name, "\x00")
		}
	}
	return text
}

// shown is how many names of several stand in a sentence.
const shown = 6

// Joined are findings as people are told them: those that are alike are one, with the remedy of the first.
func Joined(findings []Finding) (told []Finding) {
	var alike [][]Finding
	for _, f := range findings {
		i := slices.IndexFunc(alike, func(others []Finding) bool { return f.Alike != "" && others[0].Alike == f.Alike })
		if i < 0 {
			alike = append(alike, []Finding{f})
		} else {
			alike[i] = append(alike[i], f)
		}
	}
	for _, these := range alike {
		f := these[0]
		if n := len(these); n > 1 {
			var names []string
			differ := false
			for _, other := range these {
				names = append(names, other.Subject)
				differ = differ || other.Fix.String() != f.Fix.String()
			}
			f.Subject, f.Subjects, f.What = "", names, fmt.Sprintf("%d %s: %s", n, f.Several, ui.Some(names, shown))
			if differ {
				rest := ui.Advice("that is for " + names[0] + "; the same for each of the others")
				if f.Fix[len(f.Fix)-1].Admin {
					rest = rest.ForAdmin()
				}
				f.Fix = append(slices.Clone(f.Fix), rest...)
			}
		}
		told = append(told, f)
	}
	return told
}

// warned makes a finding of a warning, with its ID.
func warned(check string, w ui.Warning) Finding {
	return Finding{ID: w.ID, Check: check, Subject: w.Subject, Status: Warning, What: w.What, Why: w.Why, Fix: w.Fix}
}

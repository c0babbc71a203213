package doctor

import (
	"crypto/tls"
	"errors"
	"net"

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

	networkFault bool // it failed before the server answered: the next request to it would fail too
}

// failed makes a finding of an error: what says what it means here.
func failed(status Status, id ui.ID, subject, what string, err error) Finding {
	_, network := errors.AsType[net.Error](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	f := Finding{
		ID: id, Subject: subject, Status: status, What: what, Why: err.Error(), Fix: ui.FixOf(err), Cause: ui.IDOf(err),
		networkFault: network || certificate,
	}
	if len(f.Fix) == 0 && f.networkFault {
		f.Fix = ui.Command("dbxaccess --debug doctor") // which shows each request
	}
	return f
}

// warned makes a finding of a warning, with its ID.
func warned(check string, w ui.Warning) Finding {
	return Finding{ID: w.ID, Check: check, Subject: w.Subject, Status: Warning, What: w.What, Why: w.Why, Fix: w.Fix}
}

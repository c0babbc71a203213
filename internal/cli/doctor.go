package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// doctorWait bounds the whole examination.
	doctorWait = time.Minute
	// askWait bounds asking one server, and tryWait whatever may take longer: a request for credentials, with a renewal of
	// the session if that should be needed, and the keyring, whose passphrase command may ask somebody. So a check that
	// hangs leaves time for the others.
	askWait = 15 * time.Second
	tryWait = 30 * time.Second
	// triesAtOnce is how many roles are tried at once.
	triesAtOnce = 4
)

// What becomes of a check.
const (
	statusOK      = "ok"
	statusWarning = "warning" // works, and may not as meant or not for long
	statusFault   = "fault"
	statusSkipped = "skipped" // what it stands on is not there: that has a finding of its own
)

// finding is what one check found. Its texts are clean.
type finding struct {
	Check   string `json:"check"`
	Subject string `json:"subject,omitempty"` // what was looked at, where the check looks at several
	Status  string `json:"status"`
	What    string `json:"what"`
	Why     string `json:"why,omitempty"`
	Fix     ui.Fix `json:"fix,omitempty"` // one string, one command or step per line

	onTheWay bool // see there
}

type doctorReport struct {
	Findings []finding `json:"findings"`
	Faults   int       `json:"faults"`
	Warnings int       `json:"warnings"`
}

func NewDoctor(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check every link from the settings to the workspace, and say what mends it",
		Long: `Looks at every link of the chain: settings, access map, keyring, clock, identity provider, sign-in, each role you may
take, the profiles with whatever gets in their way, and the Databricks workspaces. Each fault is told with its cause and
the command that mends it.

It asks the real servers, and takes at most a minute. For each role AWS issues credentials, which are thrown away; your
profiles, settings and sign-in are left as they are, except that an ID token that is about to end is renewed. Nothing is
asked of you. Exit code 1 if there is a fault.`,
		Example: "  dbxaccess doctor\n  dbxaccess doctor -o json | jq '.findings[] | select(.status == \"fault\")'",
		Args:    NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorWait)
			defer cancel()
			d := &doctor{app: a}
			d.examine(ctx)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			report := d.report()
			var err error
			if output == "json" {
				err = ui.PrintJSON(a.Streams.Out, report)
			} else {
				err = printDoctor(a.Streams.Out, report)
			}
			if err == nil && report.Faults > 0 {
				err = ui.Fault(ui.Failed, "", "%s", ui.Count(report.Faults, "fault was found", "faults were found"))
			}
			return err
		},
	}
	OutputFlag(cmd, &output)
	return cmd
}

// doctor goes along the chain. What a check leaves behind is what later ones stand on; where it is missing, they are
// skipped, so that one cause is one fault.
type doctor struct {
	*app
	findings []finding

	cfg       *config.Settings // nil where they can't be read
	m         *accessmap.Map
	broker    *broker.Broker
	loaded    map[string]loadedSession // by identity, as the keyring has them
	reachable map[string]bool          // by identity: its provider answers as it should
	signedIn  []*access.SignIn         // whose ID token is good
	rows      []access.Row             // the roles that they may take
	entries   []profiles.Entry         // what runs dbxaccess, in both config files
}

type loadedSession struct {
	session *login.Session
	err     error
}

func (d *doctor) examine(ctx context.Context) {
	d.checkSettings()
	d.checkMap(ctx)
	d.checkKeyring(ctx)
	d.checkProviders(ctx)
	d.checkSignIns(ctx)
	d.checkRoles(ctx)
	d.checkProfiles()
	d.checkEnvironment()
	d.checkWorkspaces(ctx)
}

func (d *doctor) add(f finding) {
	f.Subject, f.What, f.Why, f.Fix = ui.Clean(f.Subject), ui.Clean(f.What), ui.Clean(f.Why), f.Fix.Clean()
	d.findings = append(d.findings, f)
}

func (d *doctor) ok(check, subject, what string) {
	d.add(finding{Check: check, Subject: subject, Status: statusOK, What: what})
}

func (d *doctor) skip(check, subject, because string) {
	d.add(finding{Check: check, Subject: subject, Status: statusSkipped, What: "not checked: " + because})
}

// failed makes a finding of an error: what it means here, what happened, and its hints.
func failed(status, check, subject, what string, err error) finding {
	f := finding{
		Check: check, Subject: subject, Status: status, What: what, Why: err.Error(), Fix: ui.FixOf(err), onTheWay: onTheWay(err),
	}
	if len(f.Fix) == 0 {
		f.Fix = ui.Advice("dbxaccess --debug doctor shows more of what happens")
	}
	return f
}

func (d *doctor) fault(check, subject, what string, err error) {
	d.add(failed(statusFault, check, subject, what, err))
}

func (d *doctor) report() doctorReport {
	r := doctorReport{Findings: d.findings}
	for _, f := range d.findings {
		switch f.Status {
		case statusFault:
			r.Faults++
		case statusWarning:
			r.Warnings++
		}
	}
	return r
}

// warned makes a finding of a warning.
func warned(check string, w ui.Warning) finding {
	return finding{Check: check, Subject: w.Subject, Status: statusWarning, What: w.What, Why: w.Why, Fix: w.Fix}
}

// tryAll asks for something several times, a few at once, and adds what came of it in order.
func (d *doctor) tryAll(ctx context.Context, n int, try func(ctx context.Context, i int) finding) {
	found := make([]finding, n)
	turn := make(chan struct{}, triesAtOnce)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			ctx, cancel := context.WithTimeout(ctx, tryWait)
			defer cancel()
			found[i] = try(ctx, i)
		})
	}
	all.Wait()
	told := map[string]string{} // by remedy: whose fault has it
	for _, f := range found {
		if subject := told[f.Fix.String()]; f.onTheWay && subject != "" {
			f = finding{Check: f.Check, Subject: f.Subject, Status: statusSkipped, What: "not checked: it fails as for " + subject}
		} else if f.onTheWay {
			told[f.Fix.String()] = f.Subject
		}
		d.add(f)
	}
}

// onTheWay reports whether something failed on the way to a server: the next request to it would fail alike.
func onTheWay(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return network || certificate
}

// Package doctor checks every step from the settings to the workspace, and says how to fix each fault.
//
// In comes what it may look at (Links); out come findings, one by one: each has an ID from one table (kinds), a status, what
// was found, why, and the fix. It contacts the real servers and has AWS issue credentials, which are thrown away. It takes at
// most a minute, never prompts, and changes nothing but an ID token that is about to expire. A check gets the results of those
// it depends on, and is skipped where they are missing, so that one cause is one fault. A finding must never show a secret, and
// its texts are clean.
package doctor

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// wait bounds the whole examination.
	wait = time.Minute
	// askWait bounds one plain request, and tryWait what may take longer: a request for credentials, which may renew the
	// session, and the keyring, whose passphrase command may prompt. So a check that hangs leaves time for the others.
	askWait     = 15 * time.Second
	tryWait     = 30 * time.Second
	triesAtOnce = 4 // roles or workspaces in parallel
)

// Links are what may be looked at, each opened on demand.
type Links struct {
	Getenv   func(name string) string
	Environ  func() []string
	Desktop  func(context.Context) func(name string) string // Getenv of programs started from the desktop; nil: not known
	Now      func() time.Time
	Log      *slog.Logger
	HTTP     func(maxBody int64) *http.Client
	Progress func(doing string) (done func())

	Settings func() (*config.Settings, error)
	MapFile  func() (path string, named bool, err error) // named: by the environment
	MapTools func(patience time.Duration) *place.Tools   // to read it where it comes from
	Map      func() (*accessmap.Map, source.Stamp, error)

	AllRoles bool   // each role is tried, not one alone
	Deep     string // role with which is tried what has never been run against AWS; "" for none

	RecordDir func() (string, error) // of the record of what was issued

	Keyring func(store.Selection) (*store.Store, error) // never prompts
	Broker  func(*store.Store) (*broker.Broker, error)

	WorkDir func() (string, error) // of the project whose clients of MCP are looked at

	AWSFile, DatabricksFile func() (profiles.Target, error)
	Helper                  func() (profiles.Helper, error) // this program, as profiles run it
	// Plan plans the profiles of these identities: a plan for each file, or the reason why it can't be edited.
	Plan func(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, []error)
}

// The checks in the order in which they are told: that of the chain.
const (
	onSettings = iota
	onMap
	onOrigin
	onKeyring
	onRecord
	onProxy
	onProviders
	onSignIns
	onRoles
	onDeep
	onProfiles
	onEnvironment
	onDesktop
	onAgents
	onWorkspaces
	onSinks
	checks // how many there are
)

// Examine runs all checks and passes each finding to tell, one at a time. What has to ask over the network before anybody is signed
// in runs beside what is looked at on this machine; what asks for credentials comes last.
func Examine(ctx context.Context, links Links, tell func(Finding)) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	b := lines(checks, links.Now, tell)
	var beside sync.WaitGroup
	defer beside.Wait()
	run := func(check int, do func(d *examination)) {
		defer b.lines[check].done()
		do(&examination{Links: links, tell: b.lines[check].add})
	}
	start := func(check int, do func(d *examination)) (wait func()) {
		done := make(chan struct{})
		beside.Go(func() { defer close(done); run(check, do) })
		return func() { <-done }
	}

	var (
		settings  *config.Settings
		m         *accessmap.Map
		named     bool
		signIns   *stored
		reachable map[string]bool
		g         given
	)
	run(onSettings, func(d *examination) { settings = d.checkSettings() })
	run(onMap, func(d *examination) { m, named = d.checkMap(settings) })
	start(onOrigin, func(d *examination) {
		if m != nil && !named {
			d.checkOrigin(ctx, settings.Dir, holdings(m))
		}
	})
	run(onKeyring, func(d *examination) { signIns = d.checkKeyring(ctx, settings, m) })
	providersAsked := start(onProviders, func(d *examination) { reachable = d.checkProviders(ctx, m, signIns) })
	run(onRecord, func(d *examination) { d.checkRecord(settings, m) })
	run(onProxy, func(d *examination) { d.checkProxy() })
	var entries []profiles.Entry
	run(onEnvironment, func(d *examination) {
		entries = d.entries()
		d.checkEnvironment(entries)
	})
	run(onDesktop, func(d *examination) { d.checkDesktop(ctx, settings, entries) })
	run(onAgents, func(d *examination) { d.checkAgents() })
	run(onSinks, func(d *examination) { d.checkSinks(settings) })
	providersAsked()
	run(onSignIns, func(d *examination) { g = d.checkSignIns(ctx, settings, m, signIns, reachable) })
	run(onProfiles, func(d *examination) { d.checkProfiles(g) })
	run(onRoles, func(d *examination) { d.checkRoles(ctx, &g) })
	run(onDeep, func(d *examination) {
		if links.Deep != "" {
			d.checkDeep(ctx, g, links.Deep)
		}
	})
	run(onWorkspaces, func(d *examination) { d.checkWorkspaces(ctx, g) })
}

// examination is one run of the checks.
type examination struct {
	Links
	tell func(Finding)
	told int
}

func (d *examination) add(f Finding) {
	f.Check = cmp.Or(f.Check, checkOf(f.ID))
	f.Subject, f.What, f.Why, f.Fix = ui.Clean(f.Subject), ui.Clean(f.What), ui.Clean(f.Why), f.Fix.Clean()
	d.tell(f)
	d.told++
}

func (d *examination) ok(id ui.ID, subject, what string) {
	d.add(Finding{ID: id, Subject: subject, Status: OK, What: what})
}

func (d *examination) warn(id ui.ID, subject, what, why string, fix ui.Fix) {
	d.add(Finding{ID: id, Subject: subject, Status: Warning, What: what, Why: why, Fix: fix})
}

func (d *examination) skip(id ui.ID, subject, because string) {
	d.add(Finding{ID: id, Subject: subject, Status: Skipped, What: "not checked: " + because})
}

func (d *examination) fault(id ui.ID, subject, what string, err error) {
	d.add(failed(Fault, id, subject, what, err))
}

// tryAll makes n tries, a few at once, and adds their findings in order. Of network failures with the same fix only the first
// is a fault; the others are skipped, with the ID skipped.
func (d *examination) tryAll(ctx context.Context, skipped ui.ID, n int, try func(ctx context.Context, i int) Finding) {
	first := map[string]string{} // by fix: the subject of the first such fault
	b := lines(n, d.Now, func(f Finding) {
		subject := first[f.Fix.String()]
		switch {
		case f.networkFault && subject != "":
			d.skip(skipped, f.Subject, "it fails the same way as "+subject)
		case f.networkFault:
			first[f.Fix.String()] = f.Subject
			fallthrough
		default:
			d.add(f)
		}
	})
	turn := make(chan struct{}, triesAtOnce)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			defer b.lines[i].done()
			turn <- struct{}{}
			defer func() { <-turn }()
			ctx, cancel := context.WithTimeout(ctx, tryWait)
			defer cancel()
			b.lines[i].add(try(ctx, i))
		})
	}
	all.Wait()
}

// Package doctor looks at every link of the chain from the settings to the workspace, and says what sets each fault right.
//
// In comes what it may look at (Links); out come findings, one by one: each has an ID from one table (kinds), a status, what
// is so, why, and the fix. It asks the real servers and has AWS issue credentials, which are thrown away; it takes at most a
// minute, asks nothing of the person, and changes nothing but an ID token that is about to end. What one check leaves behind
// is handed to those that stand on it; where it is missing they are skipped, so that one cause is one fault. A finding must
// never show a secret, and its texts are clean.
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
	// askWait bounds asking one server, and tryWait whatever may take longer: a request for credentials, with a renewal of
	// the session if that should be needed, and the keyring, whose passphrase command may ask somebody. So a check that
	// hangs leaves time for the others.
	askWait = 15 * time.Second
	tryWait = 30 * time.Second
	// triesAtOnce is how many roles are tried at once.
	triesAtOnce = 4
)

// Links are what may be looked at. Each is made when it is asked for.
type Links struct {
	Getenv   func(name string) string
	Now      func() time.Time
	Log      *slog.Logger
	HTTP     func(maxBody int64) *http.Client
	Progress func(doing string) (done func())

	Settings func() (*config.Settings, error)
	MapFile  func() (path string, named bool, err error) // named: by the environment
	Map      func() (*accessmap.Map, source.Stamp, error)

	Keyring       func(store.Selection) (*store.Store, error) // asks nothing
	HasPassphrase bool                                        // of the encrypted file, in the environment
	Broker        func(*store.Store) (*broker.Broker, error)

	AWSFile, DatabricksFile func() (profiles.Target, error)
	Helper                  func() (profiles.Helper, error) // this program, as profiles run it
	// Plan works out what the profiles of these identities should be: the plans of the files for which there is one, and why
	// there is none for the others.
	Plan func(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, []error)
}

// Examine looks at every link and tells each finding.
func Examine(ctx context.Context, links Links, tell func(Finding)) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	d := &examination{Links: links, tell: tell}
	settings := d.checkSettings()
	m := d.checkMap(ctx, settings)
	signIns := d.checkKeyring(ctx, settings, m)
	reachable := d.checkProviders(ctx, m, signIns)
	given := d.checkSignIns(ctx, settings, m, signIns, reachable)
	d.checkRoles(ctx, given)
	entries := d.checkProfiles(given)
	d.checkEnvironment(entries)
	d.checkWorkspaces(ctx, given)
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

func (d *examination) skip(id ui.ID, subject, because string) {
	d.add(Finding{ID: id, Subject: subject, Status: Skipped, What: "not checked: " + because})
}

func (d *examination) fault(id ui.ID, subject, what string, err error) {
	d.add(failed(Fault, id, subject, what, err))
}

// tryAll asks for something several times, a few at once, and tells what came of it in order. Where the way to a server is
// barred, what follows is skipped: skipped is the ID of that.
func (d *examination) tryAll(ctx context.Context, skipped ui.ID, n int, try func(ctx context.Context, i int) Finding) {
	found := make([]Finding, n)
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
	told := map[string]string{} // by fix: whose fault has it
	for _, f := range found {
		if subject := told[f.Fix.String()]; f.onTheWay && subject != "" {
			d.skip(skipped, f.Subject, "it fails the same way as "+subject)
			continue
		}
		if f.onTheWay {
			told[f.Fix.String()] = f.Subject
		}
		d.add(f)
	}
}

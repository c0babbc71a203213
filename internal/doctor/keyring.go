package doctor

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noKeyring = "the keyring can't be used"

// stored are the sessions of a usable keyring.
type stored struct {
	broker   *broker.Broker
	sessions map[string]loadedSession // by identity
}

type loadedSession struct {
	session *login.Session
	err     error // why there is none; nil for a workload identity without its token on this machine
}

// session is that of an identity, nil where there is none.
func (s *stored) session(identity string) *login.Session {
	if s == nil {
		return nil
	}
	return s.sessions[identity].session
}

// any reports whether there is a session of any identity.
func (s *stored) any() bool {
	return s != nil && slices.ContainsFunc(slices.Collect(maps.Values(s.sessions)), func(l loadedSession) bool { return l.session != nil })
}

// checkKeyring returns the stored sessions, nil if the keyring can't be read.
func (d *examination) checkKeyring(ctx context.Context, settings *config.Settings, m *accessmap.Map) *stored {
	if settings == nil {
		d.skip("keyring-skipped", "", noSettings)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	selected, recorded, err := store.ReadSelection(settings.Dir)
	if err != nil {
		d.fault("keyring-unusable", "", noKeyring, err)
		return nil
	}
	wanted, err := store.ParseBackend(settings.Keyring.Backend)
	if err != nil {
		d.fault("keyring-unusable", "", noKeyring, err)
		return nil
	}
	if !recorded {
		// Nothing is written to a keyring before the first login: the first item would fix its passphrase.
		var note string
		if selected, note, err = store.Resolve(ctx, wanted, 0); err != nil {
			d.fault("keyring-unusable", wanted.String(), noKeyring, err)
			return nil
		}
		d.add(Finding{
			ID: "keyring-unused", Subject: selected.Backend.String(), Status: OK, What: "not in use yet; the next login will use it", Why: note,
		})
	}
	signIns, err := d.openKeyring(ctx, settings, m, selected, recorded)
	if err != nil {
		d.fault("keyring-unusable", selected.Backend.String(), noKeyring, err)
		return nil
	}
	if err := store.Here(wanted); recorded && wanted != store.Auto && err != nil {
		d.fault("keyring-unusable", wanted.String(), "the setting keyring.backend names it, and no other is used in its place", err)
	} else if recorded && wanted != store.Auto && wanted != selected.Backend {
		d.warn("keyring-differs", selected.Backend.String(), "the setting keyring.backend wants another: "+wanted.String(),
			"the keyring backend is chosen at login and used until the next one", ui.Command("dbxaccess login"))
	}
	return signIns
}

// openKeyring loads the sessions, after a probe if the keyring is in use.
func (d *examination) openKeyring(
	ctx context.Context, settings *config.Settings, m *accessmap.Map, selected store.Selection, inUse bool,
) (*stored, error) {
	keyring, err := d.Keyring(selected)
	if err != nil {
		return nil, err
	}
	if inUse {
		if err := d.probe(ctx, settings, keyring, selected); err != nil {
			return nil, err
		}
	}
	b, err := d.Broker(keyring)
	if err != nil {
		return nil, err
	}
	b.TryAgain()
	sessions, err := loadSessions(ctx, b, m)
	return &stored{b, sessions}, err
}

// probe writes an item, reads it back and deletes it.
func (d *examination) probe(ctx context.Context, settings *config.Settings, keyring *store.Store, selected store.Selection) error {
	done := d.Progress("asking the keyring")
	began := time.Now() // not the injected clock: this measures
	err := keyring.Probe(ctx)
	took := time.Since(began)
	done()
	if err != nil {
		return err
	}
	what := "wrote, read and deleted an item"
	if took > time.Second {
		what += fmt.Sprintf(", slowly: in %s", took.Round(100*time.Millisecond))
	}
	if selected.Backend == store.File {
		from := passphraseVariable // without either, the probe has failed
		if len(settings.Keyring.PassphraseCommand) > 0 {
			from = "keyring.passphrase_command in " + filepath.Join(settings.Dir, config.FileName)
		}
		what += "; its passphrase comes from " + from
	}
	d.ok("keyring-works", selected.Backend.String(), what)
	return nil
}

// loadSessions loads the session of each identity of the map, if there is a map. An error is the keyring's.
func loadSessions(ctx context.Context, b *broker.Broker, m *accessmap.Map) (map[string]loadedSession, error) {
	loaded := map[string]loadedSession{}
	if m == nil {
		return loaded, nil
	}
	view, err := b.View()
	if err != nil {
		return nil, err
	}
	for name, identity := range m.Identities {
		provider := access.ProviderOf(m, identity)
		workload := !identity.Method().SignsIn()
		if workload && !provider.Token.Asked() && !b.TokenHere(provider) {
			loaded[name] = loadedSession{}
			continue
		}
		session, err := view.Load(ctx, provider)
		if err != nil && ui.CodeOf(err) != ui.LoginNeeded && !workload {
			return nil, err
		}
		loaded[name] = loadedSession{session, err}
	}
	return loaded, nil
}

package doctor

import (
	"context"
	"fmt"
	"path/filepath"
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

// stored is what a keyring that can be used holds of sign-ins.
type stored struct {
	broker   *broker.Broker
	sessions map[string]loadedSession // by identity
}

type loadedSession struct {
	session *login.Session
	err     error // why there is none; nil for a workload's where this is no machine of its kind
}

// session is that of an identity, nil where there is none.
func (s *stored) session(identity string) *login.Session {
	if s == nil {
		return nil
	}
	return s.sessions[identity].session
}

// anybody reports whether somebody is signed in through any identity.
func (s *stored) anybody() bool {
	if s != nil {
		for _, l := range s.sessions {
			if l.session != nil {
				return true
			}
		}
	}
	return false
}

// checkKeyring returns who is signed in, nil where the keyring can't tell.
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
		d.fault("keyring-setting-wrong", "", "the setting keyring.backend is wrong", err)
		return nil
	}
	if !recorded {
		// Nothing is written to a keyring that nobody signed in with yet: a first item would settle its passphrase.
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
	if recorded && wanted != store.Auto && wanted != selected.Backend {
		d.add(Finding{
			ID: "keyring-differs", Subject: selected.Backend.String(), Status: Warning,
			What: "the setting keyring.backend wants another: " + wanted.String(),
			Why:  "the keyring backend is chosen at login and used until the next one",
			Fix:  ui.Command("dbxaccess login"),
		})
	}
	return signIns
}

// openKeyring reads who is signed in, after a probe where the keyring is in use.
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
	sessions, err := loadSessions(ctx, b, m)
	return &stored{b, sessions}, err
}

// probe writes an item, reads it back and deletes it.
func (d *examination) probe(ctx context.Context, settings *config.Settings, keyring *store.Store, selected store.Selection) error {
	done := d.Progress("asking the keyring")
	began := time.Now() // of the machine, not of the clock that is injected: this measures
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
		what += "; its passphrase comes from " + d.passphraseSource(settings)
	}
	d.ok("keyring-works", selected.Backend.String(), what)
	return nil
}

// passphraseSource says where the encrypted file's passphrase is found.
func (d *examination) passphraseSource(settings *config.Settings) string {
	switch {
	case len(settings.Keyring.PassphraseCommand) > 0:
		return "keyring.passphrase_command in " + filepath.Join(settings.Dir, config.FileName)
	case d.HasPassphrase:
		return "DBXACCESS_KEYRING_PASSPHRASE"
	}
	return "nowhere"
}

// loadSessions reads who is signed in by the map (nil: nobody). An error is the keyring's: nobody signed in is none.
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

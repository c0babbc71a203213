package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noKeyring = "the keyring can't be used"

func (d *doctor) checkKeyring(ctx context.Context) {
	const check = "keyring"
	if d.cfg == nil {
		d.skip(check, "", noSettings)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	choice, recorded, err := store.ReadSelection(d.cfg.Dir)
	if err != nil {
		d.fault(check, "", noKeyring, err)
		return
	}
	wanted, err := store.ParseBackend(d.cfg.Keyring.Backend)
	if err != nil {
		d.add(failed(statusFault, check, "", "the setting keyring.backend is wrong", err))
		return
	}
	if !recorded {
		// Nothing is written to a keyring that nobody signed in with yet: a first item would settle its passphrase.
		var note string
		if choice, note, err = store.Resolve(ctx, wanted, 0); err != nil {
			d.fault(check, wanted.String(), noKeyring, err)
			return
		}
		d.add(finding{Check: check, Subject: choice.Backend.String(), Status: statusOK, What: "not in use yet; the next sign-in takes it", Why: note})
	}
	keyring, err := d.Keyring(choice)
	if err == nil && recorded {
		err = d.probe(ctx, keyring, choice)
	}
	if err == nil {
		d.broker, err = d.BrokerOn(keyring)
	}
	if err == nil && d.m != nil {
		err = d.loadSessions(ctx)
	}
	if err != nil {
		d.broker = nil
		d.fault(check, choice.Backend.String(), noKeyring, err)
		return
	}
	if recorded && wanted != store.Auto && wanted != choice.Backend {
		d.add(finding{
			Check: check, Subject: choice.Backend.String(), Status: statusWarning,
			What: "the setting keyring.backend wants another: " + wanted.String(),
			Why:  "the keyring is settled when somebody signs in, and used until the next sign-in",
			Fix:  ui.Command("dbxaccess login"),
		})
	}
}

// probe writes an item, reads it back and deletes it.
func (d *doctor) probe(ctx context.Context, keyring *store.Store, choice store.Selection) error {
	done := d.Console.Progress("asking the keyring")
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
	if choice.Backend == store.File {
		what += "; its passphrase comes from " + d.passphraseSource()
	}
	d.ok("keyring", choice.Backend.String(), what)
	return nil
}

// passphraseSource says where askPassphrase finds it.
func (d *doctor) passphraseSource() string {
	switch {
	case len(d.cfg.Keyring.PassphraseCommand) > 0:
		return "keyring.passphrase_command in " + filepath.Join(d.cfg.Dir, config.FileName)
	case !d.Passphrase.IsZero():
		return "DBXACCESS_KEYRING_PASSPHRASE"
	}
	return "nowhere"
}

// loadSessions reads who is signed in. An error is the keyring's: nobody signed in is none.
func (d *doctor) loadSessions(ctx context.Context) error {
	d.loaded = map[string]loadedSession{}
	for name, identity := range d.m.Identities {
		provider := access.ProviderOf(d.m, identity)
		if identity.Machine() && !provider.Token.Asked() && d.broker.Sessions().Fingerprint(provider, nil) == "" {
			d.loaded[name] = loadedSession{}
			continue
		}
		session, err := d.broker.Sessions().Load(ctx, provider)
		if err != nil && ui.CodeOf(err) != ui.LoginNeeded && !identity.Machine() {
			return err
		}
		d.loaded[name] = loadedSession{session, err}
	}
	return nil
}

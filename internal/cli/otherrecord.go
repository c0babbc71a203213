package cli

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
)

// Recorder is for what is recorded beside sign-ins and credentials. Where there is no keyring to sign with, as nobody has signed in or
// there is no access map yet, it keeps nothing: nothing is given there either. Only a map that says so has that refused.
func (e *Env) Recorder(ctx context.Context) (audit.Recorder, error) {
	settings, err := e.Settings()
	if err != nil {
		return nil, err
	}
	selected, err := e.KeyringInUse(ctx)
	if err != nil {
		return &chain.Policy{Recorder: nowhere{err}, Warn: e.Console.Remark, Denies: func() bool {
			m, _, err := e.Map()
			return err == nil && m.Audit.OnFailure == accessmap.Deny
		}}, nil
	}
	keyring, err := e.Keyring(selected)
	if err != nil {
		return nil, err
	}
	return growing{e.recorder(settings, keyring), e, keyring}, nil
}

package cli

import (
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/lease"
)

// Leases is the account of what coding agents hold on this machine.
func (e *Env) Leases() (lease.Ledger, error) {
	settings, err := e.Settings()
	if err != nil {
		return lease.Ledger{}, err
	}
	return lease.Ledger{Dir: settings.Dir, Now: e.Now, Began: beside.Began, Warn: e.Console.Warn}, nil
}

package live

import (
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// Session are credentials of an account, for services beside IAM.
type Session struct {
	Account, Partition string
	By                 string // whose credentials they are, for people
	Credentials        *sts.Credentials
}

// Sessions are those of all accounts that are open, by number.
func (a *Accounts) Sessions() (all []Session) {
	for _, number := range slices.Sorted(maps.Keys(a.open)) {
		of := a.open[number]
		all = append(all, Session{number, of.partition, of.by, of.credentials})
	}
	return all
}

// Shut are the accounts to which there are no credentials, with the reason.
func (a *Accounts) Shut() map[string]string { return maps.Clone(a.shut) }

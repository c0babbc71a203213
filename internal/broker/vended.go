package broker

import (
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Vended says which data AWS credentials are to be for, in the place of a role's own.
type Vended = credential.Vended

// CheckRequest is a Usage error for what can't be asked for, no matter who asks.
func CheckRequest(r Request) error {
	switch r.From.By {
	case "":
		if r.From.Write {
			return ui.Errorf("write-of-nothing", ui.Usage, "--write is for credentials of data, and none is named").
				With(ui.Advice("name it with --from-table, --from-volume, --from-path or --from-grant; a role's own credentials do what the role may"))
		}
		return nil
	case credential.AccessGrant:
		_, err := sts.GrantTarget(r.From.Name)
		return err
	}
	if len(r.Scope) > 0 {
		return ui.Errorf("scope-of-vended", ui.Usage, "--scope narrows a role's own AWS credentials, not those that Unity Catalog vends").
			With(ui.Advice("leave --scope out: they are for the " + string(r.From.By) + " alone"))
	}
	return vending(r.From).Check()
}

// vending is what Unity Catalog is asked for.
func vending(v Vended) databricks.Vending {
	return databricks.Vending{Of: databricks.Securable(v.By), Name: v.Name, Write: v.Write}
}

// kindOf is the kind of AWS credentials that a request is for, by whom it says.
func (b *Broker) kindOf(r Request) kind {
	switch r.From.By {
	case "":
		if r.Agent != "" {
			return b.forAgent()
		}
		return b.aws()
	case credential.AccessGrant:
		return grantCredentials{b.aws()}
	}
	return unityCredentials{b.workspace(), b}
}

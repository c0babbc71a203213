package use

import (
	"cmp"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// maxHandover bounds what goes from one process to the other, in bytes.
const maxHandover = 1 << 20

// handover is what the process that serves is told by the one whose place the program takes, through a pipe. Secrets are in
// the clear there.
type handover struct {
	Program    int          `json:"program"`    // the process to serve for as long as it runs
	Name       string       `json:"name"`       // of the program, for the account of leases
	Passphrase string       `json:"passphrase"` // of the encrypted file, from the environment
	Unlocked   string       `json:"unlocked"`   // the same, as the configured command has printed it
	Roles      []handedRole `json:"roles"`      // the program's own first
	Asker      cli.Asker    `json:"asker"`      // for whom they are

	// Profile: the program's Databricks config file has the role's profile, even if that is the only one. Since its version 1.0 the
	// Databricks CLI takes nothing that concerns sign-ins from the environment once a profile is named.
	Profile bool `json:"profile"`

	From   string          `json:"from"`   // the socket that the credentials come from; "" for this machine's keyring
	Socket string          `json:"socket"` // to be served too; "" for none
	Ends   bool            `json:"ends"`   // with the connection that From comes through; From is removed then
	Lent   bool            `json:"lent"`   // nothing is served but a socket, for ssh to forward
	Notify bool            `json:"notify"` // on the desktop as well
	Helper profiles.Helper `json:"helper"` // what the profiles run by which a program names one of several roles
}

// several reports whether the program has profiles of its own at AWS, by which it names one role of several.
func (h handover) several() bool { return len(h.Roles) > 1 }

// named reports whether it has such profiles at Databricks, for one role or workspace of several.
func (h handover) named() bool { return h.several() || len(h.Roles[0].Workspaces) > 1 }

// handedRole is a role with what it was given last.
type handedRole struct {
	Request    broker.Request `json:"request"`
	Profile    string         `json:"profile"`
	Region     string         `json:"region"`
	Keys       *handedKeys    `json:"keys,omitempty"`
	Workspaces []handedToken  `json:"workspaces,omitempty"` // the one that is meant where none is named first
	Least      time.Duration  `json:"least"`                // that a person wants left of what is handed out; 0: as is usual
	WarnAt     time.Time      `json:"warn_at"`              // of the end of the session; zero for never
	NoCopies   bool           `json:"no_copies,omitempty"`  // see serve.Grant
}

type handedKeys struct {
	AccessKeyID     string    `json:"access_key_id"`
	SecretAccessKey string    `json:"secret_access_key"`
	SessionToken    string    `json:"session_token"`
	AccountID       string    `json:"account_id"`
	Expires         time.Time `json:"expires"`
	Reaches         string    `json:"reaches,omitempty"` // of vended ones, as the next
	AccessPoint     string    `json:"access_point,omitempty"`

	Again credential.Again `json:"again"`
}

// handedToken is a workspace with the role's token there, or without one yet.
type handedToken struct {
	serve.Place

	AccessToken string           `json:"access_token"`
	Expires     time.Time        `json:"expires"`
	Again       credential.Again `json:"again"`
}

// reply is what the process that serves says once it does.
type reply struct {
	Variables []shellenv.Variable `json:"variables"` // of the program's environment
	Socket    string              `json:"socket"`    // to be forwarded, where it is lent
}

// hand makes a role ready to be handed over.
func hand(g *granted) handedRole {
	h := handedRole{Request: g.request, Profile: g.profile, Region: g.region, WarnAt: g.warnAt, NoCopies: g.noCopies}
	if k := g.keys; k != nil {
		h.Keys = &handedKeys{k.AccessKeyID, k.SecretAccessKey.Reveal(), k.SessionToken.Reveal(), k.AccountID, k.Expires, k.Reaches, k.AccessPoint, k.Again}
	}
	if t := g.token; t != nil {
		place := serve.Place{
			Host: t.Host, AccountID: t.AccountID, WorkspaceID: t.WorkspaceID, Profile: cmp.Or(g.tokenProfile, g.profile), Name: g.workspace,
		}
		h.Workspaces = append(h.Workspaces, handedToken{place, t.AccessToken.Reveal(), t.Expires, t.Again})
		for _, place := range g.further {
			h.Workspaces = append(h.Workspaces, handedToken{Place: place})
		}
	}
	return h
}

func (k *handedKeys) credentials() *sts.Credentials {
	return &sts.Credentials{
		AccessKeyID: k.AccessKeyID, SecretAccessKey: secret.New(k.SecretAccessKey), SessionToken: secret.New(k.SessionToken),
		AccountID: k.AccountID, Expires: k.Expires, Reaches: k.Reaches, AccessPoint: k.AccessPoint, Again: k.Again,
	}
}

func (t handedToken) token() *databricks.Token {
	return &databricks.Token{
		Host: t.Host, AccountID: t.AccountID, WorkspaceID: t.WorkspaceID, AccessToken: secret.New(t.AccessToken), Expires: t.Expires, Again: t.Again,
	}
}

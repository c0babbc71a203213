package account

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// loginReport is what came of a sign-in. Its JSON is the contract of `login -o json`.
type loginReport struct {
	Identity       string              `json:"identity"`
	Issuer         string              `json:"issuer"`
	Person         string              `json:"person"`
	Subject        string              `json:"subject"`
	Anew           bool                `json:"signed_in_now"` // false where the session was still valid
	State          access.State        `json:"state"`
	IDTokenExpires time.Time           `json:"id_token_expires"`
	SessionEnds    *time.Time          `json:"session_ends,omitempty"` // for good, where that is known
	Roles          []loginRole         `json:"roles"`
	Profiles       []cli.ProfileChange `json:"profiles"`
	Next           string              `json:"next,omitempty"` // a command that works now
}

type loginRole struct {
	Role    string     `json:"role"`
	Profile string     `json:"profile"`
	Expires *time.Time `json:"expires,omitempty"` // of the cached AWS credentials

	Workspaces []statusWorkplace `json:"workspaces,omitempty"`
}

func (as *signedInAs) report(ctx context.Context, rows []access.Row) (*loginReport, error) {
	standing := as.broker.Standing(access.ProviderOf(as.m, as.identity), as.session)
	r := &loginReport{
		Identity: as.identity.Name, Issuer: as.session.Issuer, Person: as.session.Display(), Subject: as.session.Subject, Anew: as.anew,
		State: access.StateOf(standing), IDTokenExpires: as.session.IDTokenExpires, Roles: []loginRole{}, Profiles: []cli.ProfileChange{},
	}
	if ends, known := as.session.EndsAt(); known {
		r.SessionEnds = &ends
	}
	for _, row := range rows {
		h, err := heldOf(ctx, as.broker, row)
		if err != nil {
			return nil, err
		}
		r.Roles = append(r.Roles, loginRole{row.Role, row.Profile, h.aws, workplacesOf(row, h)})
	}
	return r, nil
}

// nextStep is what a person may do after a sign-in that worked.
type nextStep struct {
	role *access.Row // that was taken; nil for none
}

// nextOf goes on with a role that was taken: the first of those that were named, else any.
func nextOf(taken []access.Row, named []string) *nextStep {
	next := &nextStep{}
	for i := range taken {
		if next.role == nil || len(named) > 0 && taken[i].Role == named[0] {
			next.role = &taken[i]
		}
	}
	return next
}

// command is one that works: by the AWS CLI where the role has a profile that we wrote, else by exec. "" after what failed, whose error
// says what comes next.
func (n *nextStep) command(changes []cli.ProfileChange) string {
	switch {
	case n == nil:
		return ""
	case n.role == nil:
		return "dbxaccess roles"
	}
	if _, err := exec.LookPath("aws"); err == nil && cli.HasAWSProfile(changes, n.role.Profile) {
		return "aws --profile " + n.role.Profile + " sts get-caller-identity"
	}
	return "dbxaccess exec " + n.role.Role
}

// sayDone tells a person, after who is signed in, what was written and what to type next.
func sayDone(env *cli.Env, changes []cli.ProfileChange, roles int, next *nextStep) {
	if words := cli.ChangeWords(changes); words != "" {
		env.Console.Info("%s (dbxaccess profiles show).", words)
	}
	if next != nil && next.role == nil && roles > 1 {
		env.Console.Info("None of your %d roles is the default, so none was tried: dbxaccess config set default_role ROLE", roles)
	}
	if command := next.command(changes); command != "" {
		fmt.Fprintf(env.Streams.Err, "Next: %s\n", command) // it is copied, so it is one line however narrow the terminal is
	}
}

// workplacesOf is what the cache has of a role's workspaces.
func workplacesOf(row access.Row, h held) (list []statusWorkplace) {
	for i, w := range row.Workplaces {
		list = append(list, statusWorkplace{w.Workspace, w.Profile, w.Scopes, h.tokens[i]})
	}
	return list
}

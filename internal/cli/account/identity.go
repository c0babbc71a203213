package account

import (
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/ui/picker"
)

// identityOf is the identity to sign in with: the named one, else the only one of people (with roles in the workspace that is
// asked for), else the person's choice.
func identityOf(ctx context.Context, env *cli.Env, m *accessmap.Map, o loginOptions) (*accessmap.Identity, error) {
	name, names := o.identity, m.People()
	if o.workspace != "" {
		names = access.IdentitiesAt(m, m.Workspaces[o.workspace])
	}
	if o.forRole != "" {
		if _, err := m.Effective(o.forRole); err != nil {
			return nil, err
		}
		if given := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !m.Gives(name, o.forRole) }); len(given) > 0 {
			names = given
		}
	}
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	switch {
	case name != "":
		identity, err := access.Identity(m, name)
		if err == nil && !identity.Method().SignsIn() {
			return nil, noSignInFor(name)
		}
		return identity, err
	case len(names) == 0:
		return nil, noSignInFor(m.Workloads()[0])
	case !env.Streams.Interactive:
		return nil, ui.Errorf("identity-ambiguous", ui.Usage, "you can sign in with several identities: %s", strings.Join(names, ", ")).
			With(ui.Advice("name one with --identity"))
	}
	options := make([]ui.Option, len(names))
	for i, name := range names {
		options[i] = ui.Option{Name: name, Note: signInPlace(m.Identities[name])}
	}
	chosen, err := picker.Ask(ctx, env.Streams, picker.Question{Text: "Sign in with which identity?", Options: options})
	if err != nil {
		return nil, err
	}
	return m.Identities[names[chosen.Index]], nil
}

// noSignInFor is the error of a login with a workload identity, which needs none.
func noSignInFor(identity string) error {
	return ui.Errorf("identity-without-sign-in", ui.Usage,
		"%s is a workload identity and needs no login: credential-process, env, exec and auth token find its token in the job", identity).
		With(ui.Command("dbxaccess exec ROLE --identity " + identity + " -- COMMAND"))
}

func signInPlace(identity *accessmap.Identity) string {
	if identity.Method() == idp.IdentityCenter {
		return "IAM Identity Center, " + identity.Host()
	}
	return identity.Host()
}

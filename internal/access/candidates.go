package access

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// cause is why an identity can't serve. Where none can, errors are reported in this order: the first says most about
// what to do.
type cause int

const (
	// broken: a workload token that is present but unusable, or another fault.
	broken cause = iota
	// unfinished: a person has approved a sign-in with it already, which login only has to go on with.
	unfinished
	// signedOut: a person could sign in with it, and it gives what is wanted.
	signedOut
	// denied: it is signed in, and does not give what is wanted.
	denied
	// elsewhere: the program that is asked for its token failed. The token may not be meant for this machine at all.
	elsewhere
	// absent: its workload token does not exist on this machine.
	absent
	causes // how many there are
)

// troubles holds the first error of each cause.
type troubles [causes]error

func (t *troubles) add(c cause, err error) {
	if t[c] == nil {
		t[c] = err
	}
}

// first is the error to report: nil where there was no trouble.
func (t *troubles) first() error {
	if i := slices.IndexFunc(t[:], func(err error) bool { return err != nil }); i >= 0 {
		return t[i]
	}
	return nil
}

// causeOf tells why an identity did not serve. matters: it gives what is wanted, if not to everyone. ok is false for
// a missing sign-in that would not help.
func causeOf(identity *accessmap.Identity, asked, matters bool, err error) (c cause, ok bool) {
	switch code := ui.CodeOf(err); {
	case code == ui.NoSuchRole:
		return denied, true
	case code != ui.LoginNeeded && asked:
		return elsewhere, true
	case code != ui.LoginNeeded:
		return broken, true
	case !identity.Method().SignsIn():
		return absent, true
	case errors.Is(err, ErrNotFinished):
		return unfinished, matters
	}
	return signedOut, matters
}

// candidates returns the sign-ins that serve, people's first. wanted chooses the identities to look at; matters those
// that give what is wanted to at least one group or claim; serves judges a sign-in. Where none serves, the error says
// why, nil if no identity was wanted; of several with one cause it is the first. A keyring that can't be read is an
// error at once, since no other sign-in would be found either, and so is the end of ctx. Workloads whose token must be
// asked for are skipped where another sign-in serves.
func (v *View) candidates(
	ctx context.Context, wanted, matters func(*accessmap.Identity) bool, serves func(*SignIn) error,
) (found []*SignIn, err error) {
	var all troubles
	for _, name := range peopleFirst(v.Map) {
		identity := v.Map.Identities[name]
		provider := ProviderOf(v.Map, identity)
		asked := provider.Token.Asked()
		if !wanted(identity) || asked && len(found) > 0 {
			continue
		}
		signIn, err := v.SignIn(ctx, identity)
		if err == nil {
			err = serves(signIn)
		}
		switch c, ok := causeOf(identity, asked, matters(identity), err); {
		case err == nil:
			found = append(found, signIn)
		case ui.CodeOf(err) == ui.KeyringUnavailable, ctx.Err() != nil:
			return nil, err
		case ok:
			all.add(c, err)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, all.first()
}

// SignIns returns who is signed in: through one identity, or through all of the map for only "". There is at least one,
// or an error that says what is missing.
func (v *View) SignIns(ctx context.Context, only string) ([]*SignIn, error) {
	wanted := func(i *accessmap.Identity) bool { return only == "" || i.Name == only }
	found, err := v.candidates(ctx, wanted, wanted, func(*SignIn) error { return nil })
	if len(found) == 0 && err == nil {
		_, err = Identity(v.Map, only)
	}
	return found, err
}

// ForRole returns the identity through which a role is meant where none is named: the only one of the map, else the
// only one that is signed in (a workload's: whose token is here) and gives the role. Errors: NoSuchRole, LoginNeeded,
// Usage where several give it, and those of View.Load.
func (v *View) ForRole(ctx context.Context, role string) (*accessmap.Identity, error) {
	if _, err := v.Map.Effective(role); err != nil {
		return nil, err
	}
	if len(v.Map.Identities) == 1 {
		return Identity(v.Map, "")
	}
	gives := func(i *accessmap.Identity) bool { return v.Map.Gives(i.Name, role) }
	found, err := v.candidates(ctx, func(i *accessmap.Identity) bool { return i.Method().SignsIn() || gives(i) }, gives,
		func(s *SignIn) error { return s.Check(role) })
	switch {
	case len(found) == 1:
		return found[0].Identity, nil
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, ui.Errorf("role-of-no-identity", ui.NoSuchRole, "no identity of the access map gives the role %s", role).
			With(ui.Advice("to be given it, ask "+Contact(v.Map)), RequestFix(role))
	}
	names := make([]string, len(found))
	for i, s := range found {
		names[i] = s.Identity.Name
	}
	return nil, ui.Errorf("identity-not-named", ui.Usage, "several identities give the role %s: %s", role, strings.Join(names, ", ")).
		With(ui.Advice("name one with --identity"))
}

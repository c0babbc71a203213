package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// job is what a machine's cached credential is bound to besides its verified subject: another job that shares the keyring
// must not get it.
type job struct {
	Source idp.TokenSource `json:"source"`
	// Fingerprint is of the token's claims where the source may have another token by now (a file, a command), else of the
	// surroundings in which it was had: see login.Session.Fingerprint and login.Sessions.Fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// jobOf describes the job that a session is of, nil for a person's.
func (b *Broker) jobOf(p login.Provider, s *login.Session) *job {
	if p.Token == nil {
		return nil
	}
	j := &job{Source: *p.Token}
	switch p.Token.From {
	case idp.FromFile, idp.FromCommand:
		j.Fingerprint = s.Fingerprint(*p.Token)
	default:
		j.Fingerprint = b.Sessions.Fingerprint(*p.Token)
	}
	return j
}

// sameJob reports whether a cached credential is this job's own, without any request; false where that can't be told so. A
// person's is bound to the keyring alone.
func (b *Broker) sameJob(cached *item) bool {
	if cached.Job == nil {
		return true
	}
	now := b.Sessions.Fingerprint(cached.Job.Source)
	return now != "" && now == cached.Job.Fingerprint
}

// of reports whether a credential was made for a job; nil is a person.
func (j *job) of(other *job) bool {
	if j == nil || other == nil {
		return j == other
	}
	return j.Fingerprint == other.Fingerprint
}

// vouched reports whether a machine's fresh credential turns out to be this job's own once the source was asked, where
// nothing cheaper tells: without the credential's lock, so that a hundred processes run their commands side by side.
func (b *Broker) vouched(ctx context.Context, r Request, k kind, cached *item) bool {
	if cached == nil || cached.Job == nil || cached.Job.Source.From != idp.FromCommand || !cached.fresh(b.Now()) || !cached.of(r.Role) {
		return false
	}
	want, err := b.entitle(ctx, r)
	if err == nil {
		err = k.bind(want, r)
	}
	return err == nil && want.stamp.Equal(cached.Map) && cached.Binding == want.binding && b.jobOf(want.provider, want.session).of(cached.Job)
}

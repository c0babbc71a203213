package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// job is what a workload's cached credential is bound to besides its verified subject: another job that shares the
// keyring must not get it.
type job struct {
	Source      idp.TokenSource `json:"source"`
	Fingerprint string          `json:"fingerprint"` // see login.Source
}

// jobOf describes the job that a sign-in is of, nil for a person's.
func (b *Broker) jobOf(s *access.SignIn) *job {
	if s.Session.Token == nil {
		return nil
	}
	return &job{Source: *s.Session.Token, Fingerprint: b.parts.Sessions.Fingerprint(s.Provider, s.Session)}
}

// sameJob reports whether a cached credential is this job's own, without any request; false where that can't be told
// that way. A person's is bound only to the keyring.
func (b *Broker) sameJob(cached *item) bool {
	if cached.Job == nil {
		return true
	}
	here := login.Provider{Method: idp.Workload, Token: &cached.Job.Source}
	now := b.parts.Sessions.Fingerprint(here, nil)
	return now != "" && now == cached.Job.Fingerprint
}

// sameAs reports whether two jobs are one; nil is a person.
func (j *job) sameAs(other *job) bool {
	if j == nil || other == nil {
		return j == other
	}
	return j.Fingerprint == other.Fingerprint
}

// confirmed reports whether a workload's fresh credential turns out to be this job's own once the source was asked,
// where nothing cheaper tells: without the credential's lock, so that a hundred processes run their commands side by
// side.
func (c *call) confirmed(ctx context.Context, cached *item) bool {
	if cached == nil || cached.Job == nil || cached.Job.Source.From != idp.FromCommand ||
		!cached.fresh(c.request, c.parts.Now()) || !cached.validFor(c.request) {
		return false
	}
	o, err := c.order(ctx)
	return err == nil && o.stamp.Equal(cached.Map) && cached.madeFor(o, c.jobOf(o.signIn))
}

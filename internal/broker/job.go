package broker

import (
	"cmp"

	"github.com/dbxaccess/dbxaccess/internal/login"
)

// job is what a machine's cached credential is bound to besides its verified subject: another job that shares the keyring
// must not get it.
type job struct {
	Source   login.TokenSource `json:"source"`
	Audience string            `json:"audience"`
	// Fingerprint is of the surroundings in which the token was had, where they tell one job from another, else of the
	// token: see login.Sessions.Fingerprint and login.Session.Fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// jobOf describes the job that a session is of, nil for a person's.
func (b *Broker) jobOf(p login.Provider, s *login.Session) *job {
	if p.Token == nil {
		return nil
	}
	here := b.Sessions.Fingerprint(*p.Token, p.ClientID)
	return &job{Source: *p.Token, Audience: p.ClientID, Fingerprint: cmp.Or(here, s.Fingerprint())}
}

// sameJob reports whether a cached credential is this job's own, without any request; false where that can't be told so. A
// person's is bound to the keyring alone.
func (b *Broker) sameJob(cached *item) bool {
	if cached.Job == nil {
		return true
	}
	now := b.Sessions.Fingerprint(cached.Job.Source, cached.Job.Audience)
	return now != "" && now == cached.Job.Fingerprint
}

// of reports whether a credential was made for a job; nil is a person.
func (j *job) of(other *job) bool {
	if j == nil || other == nil {
		return j == other
	}
	return j.Fingerprint == other.Fingerprint
}

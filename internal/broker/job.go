package broker

import (
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// job is what a machine's cached credential is bound to besides its verified subject: another job that shares the keyring
// must not get it, and telling the two apart must cost no network.
type job struct {
	Source   login.TokenSource `json:"source"`
	Audience string            `json:"audience"`
	// Fingerprint is of the surroundings in which the token was had: see login.Sessions.Fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// jobOf describes the job that this process runs in, nil for a person's identity.
func (b *Broker) jobOf(p login.Provider) *job {
	if p.Token == nil {
		return nil
	}
	return &job{Source: *p.Token, Audience: p.ClientID, Fingerprint: b.Sessions.Fingerprint(*p.Token, p.ClientID)}
}

// sameJob reports whether a cached credential is this job's own. A person's is bound to the keyring alone.
func (b *Broker) sameJob(cached *item) bool {
	if cached.Job == nil {
		return true
	}
	now := b.Sessions.Fingerprint(cached.Job.Source, cached.Job.Audience)
	return now != "" && now == cached.Job.Fingerprint
}

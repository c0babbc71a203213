package broker

import (
	"context"
	"encoding/json"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// jobOf describes the job that a sign-in is of, nil for a person's.
func (b *Broker) jobOf(s *access.SignIn) *credential.Job {
	if s.Session.Token == nil {
		return nil
	}
	source, _ := json.Marshal(s.Session.Token) // never fails: there is nothing but text in it
	return &credential.Job{Source: source, Fingerprint: b.parts.Sessions.Fingerprint(s.Provider, s.Session)}
}

// sourceOf is where the token of a workload's cached credential comes from; false for a person's.
func sourceOf(cached *item) (source idp.TokenSource, ok bool) {
	ok = cached.Job != nil && json.Unmarshal(cached.Job.Source, &source) == nil
	return source, ok
}

// sameJob reports whether a cached credential is this job's own, without any request; false where that can't be told
// that way. A person's is bound only to the keyring.
func (b *Broker) sameJob(cached *item) bool {
	if cached.Job == nil {
		return true
	}
	source, ok := sourceOf(cached)
	if !ok {
		return false
	}
	now := b.parts.Sessions.Fingerprint(login.Provider{Method: idp.Workload, Token: &source}, nil)
	return now != "" && now == cached.Job.Fingerprint
}

// confirmed reports whether a workload's fresh credential turns out to be this job's own once the source was asked,
// where nothing cheaper tells: without the credential's lock, so that a hundred processes run their commands side by
// side.
func (c *call) confirmed(ctx context.Context, cached *item) bool {
	if cached == nil || !cached.Fresh(c.request, c.parts.Now()) || !cached.ValidFor(c.request) {
		return false
	}
	if source, ok := sourceOf(cached); !ok || source.From != idp.FromCommand {
		return false
	}
	o, err := c.order(ctx)
	return err == nil && o.stamp.Equal(cached.Map) && cached.MadeFor(o.binding, c.jobOf(o.signIn))
}

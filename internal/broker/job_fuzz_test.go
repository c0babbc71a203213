package broker

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/workload"
)

// A job is given what it was issued itself, and nothing that another job has, whose token differs; whatever an item of the keyring says
// of its job, it is this one's only with the fingerprint that this one has.
func FuzzJob(f *testing.F) {
	f.Add([]byte(`{"from":"env","audience":"aws","name":"JOB_TOKEN"}`), "0123", "a token", "JOB_TOKEN")
	f.Add([]byte(`{"from":"command","argv":["x"]}`), "", "", "")
	f.Add([]byte(`{"from":"github"}`), "", "x", "JOB")
	f.Add([]byte(`{"From":"file","path":"/dev/null"}`), "0123", "x", "JOB")
	f.Add([]byte(`null`), "", "x", "\xff")
	f.Fuzz(func(t *testing.T, source []byte, fingerprint, token, name string) {
		in := func(token string) *Broker {
			getenv := func(asked string) string {
				if asked == name {
					return token
				}
				return ""
			}
			return &Broker{parts: Parts{Sessions: login.Sources{idp.Workload: &workload.Source{Getenv: getenv}}}}
		}
		b := in(token)
		cached := new(item)
		if !b.sameJob(cached) {
			t.Fatal("a person's is not theirs")
		}
		if strings.Contains(string(source), "/") {
			source = nil // it reads no file of this machine
		}
		cached.Job = &credential.Job{Source: source, Fingerprint: fingerprint}
		if read, ok := sourceOf(cached); b.sameJob(cached) {
			own := b.jobOf(&access.SignIn{Session: &login.Session{Token: &read}, Provider: login.Provider{Method: idp.Workload, Token: &read}})
			if !ok || fingerprint == "" || own.Fingerprint != fingerprint {
				t.Fatalf("the job of %s is taken for one with the fingerprint %q", source, fingerprint)
			}
		}
		if name == "" || token == "" || !utf8.ValidString(name) {
			return
		}
		mine := &idp.TokenSource{From: idp.FromEnv, Audience: "aws", Name: name}
		cached.Job = b.jobOf(&access.SignIn{Session: &login.Session{Token: mine}, Provider: login.Provider{Method: idp.Workload, Token: mine}})
		if _, err := json.Marshal(cached.Job); err != nil {
			t.Fatal(err)
		}
		if !b.sameJob(cached) {
			t.Fatal("a job is not given its own")
		}
		if in(token+"x").sameJob(cached) || in("").sameJob(cached) {
			t.Fatal("another job is given it")
		}
	})
}

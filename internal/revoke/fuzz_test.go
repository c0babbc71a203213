package revoke

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Whatever a role's policy says: one that is taken for ours denies, and is what we would write, so that nothing of others' is replaced.
func FuzzReadDenial(f *testing.F) {
	d := &Denial{RoleARN: trainer, PolicyName: "p", Before: noon.Truncate(time.Second)}
	d.add(name{userID, "alice"})
	d.finish()
	f.Add(string(d.Policy))
	f.Add(strings.Replace(string(d.Policy), "Deny", "Allow", 1))
	f.Add(strings.Replace(string(d.Policy), `"Action"`, `"NotAction"`, 1))
	f.Add(strings.Replace(string(d.Policy), "*:alice", "*:al*ce", 1))
	f.Add(`{"Statement":[{"Condition":{"StringEquals":{"aws:SourceIdentity":"a"},"DateLessThan":{"aws:TokenIssueTime":"2026-11-29T12:00:00Z"}}}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		d, err := ReadDenial(trainer, "p", document)
		if err != nil {
			return
		}
		if d.Before.IsZero() || len(d.names) == 0 || !strings.Contains(string(d.Policy), "Deny") || strings.Contains(string(d.Policy), "Allow\"") {
			t.Fatalf("%+v of %s", d, document)
		}
		again, err := ReadDenial(trainer, "p", string(d.Policy))
		if err != nil || !maps.Equal(again.names, d.names) || !again.Before.Equal(d.Before) || !again.Since.Equal(d.Since) {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
	})
}

// Whatever a person is called, by AWS's session names and their provider's claims: the policy is read back with the same names, denies
// that session and not one whose name differs.
func FuzzDenied(f *testing.F) {
	f.Add("alice@acme.com", "a*${aws:userid}?$")
	f.Add("*", "${*}")
	f.Add("a,*", "*:x")
	f.Add("${$}{$}", "")
	f.Add("\u2028é", "\x00\"\\")
	f.Fuzz(func(t *testing.T, session, identity string) {
		if !utf8.ValidString(session) || !utf8.ValidString(identity) || strings.Contains(session, beforeRun) || session == "" || len(session)+len(identity) > 2048 {
			return // a record is JSON, and what stands behind a comma is the run
		}
		for _, source := range []string{"", identity} {
			r := assumed(alice(), session, "ASIA1", time.Minute)
			r.SourceIdentity = source
			p := planOf(t, alice().Subject, Terms{}, r, assumed(bob(), "bob", "ASIA2", time.Minute))
			if len(p.Denials) != 1 || session == "bob" {
				continue
			}
			d := p.Denials[0]
			read, err := ReadDenial(d.RoleARN, d.PolicyName, string(d.Policy))
			if err != nil || !maps.Equal(read.names, d.names) {
				t.Fatalf("%+v became %+v, %v:\n%s", d.names, read, err, d.Policy)
			}
			if !denies(t, d, r) {
				t.Fatalf("the session goes on: %s", d.Policy)
			}
			other := func(change func(*audit.Record)) audit.Record {
				o := assumed(bob(), session, "ASIA3", time.Minute)
				o.SourceIdentity = source
				change(&o)
				return o
			}
			for _, o := range []audit.Record{
				other(func(o *audit.Record) { o.SessionName, o.SourceIdentity = "x"+session, "x"+source }),
				other(func(o *audit.Record) { o.SessionName, o.SourceIdentity = session+"x", source+"x" }),
			} {
				if denies(t, d, o) {
					t.Fatalf("%q and %q are denied too: %s", o.SessionName, o.SourceIdentity, d.Policy)
				}
			}
		}
	})
}

package accessmap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// A grant on a place is one on all that lies there: what is asked for data inside counts.
func TestWhatLiesInsideADatasetCounts(t *testing.T) {
	t.Parallel()
	const text = `version: 1
policy: {restricted: {env: deny}, confidential: {max_duration: 2h}}
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}
datasets:
  lake: {location: s3://lake, sensitivity: internal}
  open: {location: s3://lake/open/}
  pay: {location: s3://lake/hr/pay/, sensitivity: restricted}
  hr: {locations: [s3://lake/hr/, s3://other/hr/], sensitivity: confidential, deny: [s3://lake/hr/pay/]}
  people: {locations: [s3://lake/hr/, s3://other/people/], deny: [s3://other/people/x/]}
  twin: {location: s3://lake/open/, sensitivity: confidential}
  beside: {location: s3://lake/open-data/, sensitivity: public}
  elsewhere: {location: s3://lake-2/hr/pay/}
roles:
  r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}, read: [elsewhere]}
`
	for dataset, want := range map[string]string{
		"lake": "pay inside lake: restricted", "pay": "pay inside : restricted", "hr": "hr inside : confidential", "people": "pay inside people: restricted",
		"open": "twin inside open: confidential", "twin": "twin inside : confidential", "beside": "beside inside : public", "elsewhere": " inside : ",
	} {
		s, err := parsed(t, strings.Replace(text, "read: [elsewhere]", "read: ["+dataset+"]", 1)).Sensitive("r", nil)
		if got := s.Dataset + " inside " + s.Inside + ": " + s.Sensitivity; err != nil || got != want {
			t.Errorf("%s: %s, %v", dataset, got, err)
		}
		if denied := s.Handling.Env == Deny; denied != (s.Sensitivity == Restricted) {
			t.Errorf("%s: env denied: %v", dataset, denied)
		}
	}
	heir := strings.Replace(text, "groups: {g: [r]}", `groups: {"g*": [heir]}`, 1)
	heir = strings.Replace(heir, "env: deny", "wildcard_groups: deny", 1)
	heir = strings.Replace(heir, "read: [elsewhere]}", "read: [lake]}\n  heir: {aws: {role_arn: \"arn:aws:iam::111122223333:role/h\", region: us-east-1}, inherits: [r]}", 1)
	if got := strings.Join(problemsOf(t, heir), "\n"); !strings.Contains(got, "gives the role heir, which reaches dataset pay (restricted)") {
		t.Error(got)
	}
}

// Very many names for one place, places deep inside one another, and places denied: that ends soon.
func TestAHostileHeapOfDatasetsEndsSoon(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}\n" +
		"roles: {r: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, read: [a0]}}\ndatasets:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  a%d: {location: s3://bucket/x/, deny: [s3://bucket/x/y/]}\n", i)
	}
	for i := range 400 {
		fmt.Fprintf(&b, "  b%d: {location: s3://bucket/x/%s, sensitivity: restricted}\n", i, strings.Repeat("z/", i+1))
	}
	text := b.String()
	began := time.Now()
	m := parsed(t, text)
	if s, err := m.Sensitive("r", nil); err != nil || s.Sensitivity != Restricted {
		t.Errorf("%+v, %v", s, err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}

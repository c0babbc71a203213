package desired_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var now = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

func parse(t *testing.T, text string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

func of(t *testing.T, text string, roles ...string) *desired.State {
	t.Helper()
	s, err := desired.Of(parse(t, text), roles, desired.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// role is the one with a name at AWS.
func role(t *testing.T, s *desired.State, name string) desired.Role {
	t.Helper()
	i := slices.IndexFunc(s.Roles, func(r desired.Role) bool { return strings.HasSuffix(r.ARN, "/"+name) })
	if i < 0 {
		t.Fatalf("no role %s: %+v", name, s.Roles)
	}
	return s.Roles[i]
}

func gaps(s *desired.State) (ids []string) {
	for _, g := range s.Gaps {
		ids = append(ids, g.ID+" "+g.Role)
	}
	return ids
}

const people = `version: 1
identities:
  acme:
    issuer: https://login.example.com
    client_id: dbxaccess
    groups:
      ml: [trainer, { role: steward, until: 2026-11-01 }]
      leads: [{ role: steward, until: 2027-01-31 }]
datasets:
  churn: { location: s3://acme-ml/churn/ }
roles:
  hub:
    aws: { role_arn: "arn:aws:iam::111122223333:role/hub", region: us-east-1 }
    unrestricted: true
  trainer:
    aws: { role_arn: "arn:aws:iam::444455556666:role/trainer", region: us-east-1, via: hub, external_id: xyz, source_identity: true }
    tags: { team: churn }
    read: [churn]
  steward:
    aws: { role_arn: "arn:aws:iam::111122223333:role/steward", region: us-east-1, duration: 4h }
    read: [churn]
`

func TestTrustOfPeopleAndOfRolesBehindThem(t *testing.T) {
	t.Parallel()
	s := of(t, people)
	for name, want := range map[string]string{
		"hub": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/login.example.com"},` +
			`"Action":["sts:AssumeRoleWithWebIdentity","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"login.example.com:aud":"dbxaccess"}}}]}`,
		"trainer": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/hub"},` +
			`"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"aws:RequestTag/team":"churn","sts:ExternalId":"xyz"}}}]}`,
		"steward": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/login.example.com"},` +
			`"Action":["sts:AssumeRoleWithWebIdentity","sts:SetSourceIdentity"],"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-02-01T00:00:00Z"},` +
			`"StringEquals":{"login.example.com:aud":"dbxaccess"}}}]}`,
	} {
		if got := role(t, s, name).Trust.JSON(); got != want {
			t.Errorf("%s:\n%s\n%s", name, got, want)
		}
	}
	if hub := role(t, s, "hub"); len(hub.Permissions) != 1 || hub.Permissions[0].JSON() != `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+
		`"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Resource":"arn:aws:iam::444455556666:role/trainer"}]}` {
		t.Errorf("%+v", hub.Permissions)
	}
	if got := role(t, s, "steward").MaxSession; got != 4*time.Hour {
		t.Error(got)
	}
	if got := gaps(s); !slices.Equal(got, []string{"trust-by-audience-alone steward", "trust-by-audience-alone trainer"}) {
		t.Error(got)
	}
	if len(s.Providers) != 1 || s.Providers[0].URL != "https://login.example.com" || !slices.Equal(s.Providers[0].Audiences, []string{"dbxaccess"}) ||
		s.Providers[0].Context.SubjectSourceKey != "sub" || s.Providers[0].Context.Needed {
		t.Errorf("%+v", s.Providers)
	}
}

func TestWhatIsAskedForAlone(t *testing.T) {
	t.Parallel()
	s := of(t, people, "trainer")
	if len(s.Roles) != 2 || s.Roles[0].ARN != "arn:aws:iam::111122223333:role/hub" || len(s.Providers) != 1 || len(s.Gaps) != 1 {
		t.Errorf("%+v", s)
	}
	if _, err := desired.Of(parse(t, people), []string{"nobody"}, desired.Options{}); err == nil {
		t.Error("a role that there is not")
	}
}

// A list of people has no word of which role somebody is given, nor of which provider: it is refused where it would be written twice.
func TestSubjectsOfSeveral(t *testing.T) {
	t.Parallel()
	const partners = "  partners: { issuer: https://partner.example, client_id: x, groups: { ml: [trainer] } }\n"
	for name, c := range map[string]struct {
		text  string
		roles []string
		want  string
	}{
		"two IAM roles":         {people, nil, "steward and trainer"},
		"one of them":           {people, []string{"trainer"}, ""},
		"the other":             {people, []string{"steward"}, ""},
		"two providers":         {strings.Replace(people, "identities:\n", "identities:\n"+partners, 1), []string{"trainer"}, "signed_tags"},
		"told apart by tags":    {strings.Replace(people, "    groups:\n", "    signed_tags: { ml: { team: a } }\n    groups:\n", 1), []string{"trainer", "hub"}, ""},
		"a rule that has ended": {strings.Replace(people, "until: 2027-01-31", "until: 2026-01-31", 1), nil, ""},
	} {
		_, err := desired.Of(parse(t, c.text), c.roles, desired.Options{Now: now, Subjects: []string{"alice-id"}})
		if e, is := errors.AsType[*ui.Error](err); c.want == "" && err != nil || c.want != "" && (!is || e.ID != "subjects-of-several" || !strings.Contains(fmt.Sprint(e.Fix), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubjectsInPlaceOfTheAudienceAlone(t *testing.T) {
	t.Parallel()
	s, err := desired.Of(parse(t, people), []string{"trainer"}, desired.Options{Now: now, Subjects: []string{"alice-id", "${bob}"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := role(t, s, "hub").Trust.JSON(); !strings.Contains(got, `"login.example.com:sub":["alice-id","${$}{bob}"]`) || len(s.Gaps) != 0 {
		t.Errorf("%s\n%+v", got, s.Gaps)
	}
}

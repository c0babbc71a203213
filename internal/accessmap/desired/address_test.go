package desired_test

import (
	"slices"
	"testing"
)

// An address that the provider says is not verified may have been entered by anybody: the program refuses it, and AWS does not look.
func TestTrustByAddress(t *testing.T) {
	t.Parallel()
	for rule, told := range map[string]bool{
		`claims: [{ match: { email: ceo@acme.example }, roles: [secret] }]`:          true,
		`claims: [{ match: { email: "*@acme.example" }, roles: [secret] }]`:          true,
		`groups_claim: email, groups: { ceo@acme.example: [secret] }`:                true,
		`claims: [{ match: { sub: ceo }, roles: [secret] }]`:                         false,
		`claims: [{ match: { preferred_username: ceo@acme.com }, roles: [secret] }]`: false,
	} {
		s := of(t, "version: 1\nidentities: { acme: { issuer: https://login.example.com, client_id: dbxaccess, "+rule+" } }\n"+
			`roles: { secret: { aws: { role_arn: "arn:aws:iam::111122223333:role/secret", region: us-east-1 }, unrestricted: true } }`)
		if got := slices.Contains(gaps(s), "verified-email-not-held secret"); got != told {
			t.Errorf("%s: a gap: %v: %s", rule, got, role(t, s, "secret").Trust.JSON())
		}
		if claim := s.Providers[0].Context.SubjectSourceKey; claim != "sub" {
			t.Errorf("%s: sessions name people by %s", rule, claim)
		}
	}
}

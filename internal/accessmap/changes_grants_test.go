package accessmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is denied no more widens, wherever the denial stood.
func TestADenialThatIsLiftedWidens(t *testing.T) {
	t.Parallel()
	const denying = "churn: {location: s3://acme/churn/, deny: [s3://acme/churn/pii/, s3://acme/churn/raw/]"
	before := strings.Replace(beforeChanges, "churn: {location: s3://acme/churn/", denying, 1)
	before = strings.Replace(before, "  more:", "  pii: {location: s3://acme/churn/pii/v2/}\n  more:", 1)
	before = strings.Replace(before, "read: [churn, more]}", "read: [churn, pii]}", 1)
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"at the dataset": {", s3://acme/churn/raw/]", "]", []string{"widens dataset: dataset churn: denied s3://acme/churn/pii/ (it was s3://acme/churn/pii/, s3://acme/churn/raw/)"}},
		"drawn closer":   {"s3://acme/churn/pii/,", "s3://acme/churn/pii/x/,", []string{"widens dataset: dataset churn: denied s3://acme/churn/pii/x/, s3://acme/churn/raw/ (it was s3://acme/churn/pii/, s3://acme/churn/raw/)"}},
		"drawn wider":    {"s3://acme/churn/pii/, s3://acme/churn/raw/", "s3://acme/churn/pii/, s3://acme/churn/raw/, s3://acme/churn/x/", []string{"narrows dataset: dataset churn: denied s3://acme/churn/pii/, s3://acme/churn/raw/, s3://acme/churn/x/ (it was s3://acme/churn/pii/, s3://acme/churn/raw/)"}},
		"with the dataset that the role no longer has": {"read: [churn, pii]", "read: [pii]", []string{
			"widens grant: role reader: s3://acme/churn/pii/ is no longer denied to it, as dataset churn had it",
			"narrows grant: role reader: may no longer read churn (confidential)"}},
	} {
		after := strings.Replace(before, c.old, c.new, 1)
		if after == before {
			t.Fatalf("%s: the map has no %q", name, c.old)
		}
		if diff := cmp.Diff(c.want, lines(Changes(parsed(t, before), parsed(t, after)))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Statements and managed policies are told in words, and so is what a role that nothing narrowed may do from now on.
func TestChangesOfWhatIsAllowedBesides(t *testing.T) {
	t.Parallel()
	const narrowed = ", statements: [{actions: [glue:GetTable, glue:GetDatabase], resources: [\"*\"]}]"
	const managed = ", managed_policies: [\"arn:aws:iam::111122223333:policy/tools\", \"arn:aws:iam::aws:policy/ReadOnlyAccess\"]"
	with := func(statements, policies string) string {
		text := strings.Replace(beforeChanges, "read: [churn, more]}", "read: [churn, more]"+statements+"}", 1)
		return strings.Replace(text, "role/reader\", region: us-east-1", "role/reader\", region: us-east-1"+policies, 1)
	}
	bare := strings.Replace(beforeChanges, ", read: [churn, more]}", "}", 1)
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"a statement":   {with("", ""), with(narrowed, ""), []string{"widens grant: role reader: may glue:GetDatabase, glue:GetTable on *"}},
		"another order": {with(narrowed, ""), with(strings.Replace(narrowed, "glue:GetTable, glue:GetDatabase", "glue:GetDatabase, glue:GetTable", 1), ""), nil},
		"none":          {with(narrowed, ""), with("", ""), []string{"narrows grant: role reader: may no longer glue:GetDatabase, glue:GetTable on *"}},
		"managed policies": {with("", ""), with("", managed), []string{
			"widens grant: role reader: may do what arn:aws:iam::111122223333:policy/tools allows",
			"widens grant: role reader: may do what arn:aws:iam::aws:policy/ReadOnlyAccess allows"}},
		"one is gone": {with("", managed), with("", strings.Replace(managed, ", \"arn:aws:iam::aws:policy/ReadOnlyAccess\"", "", 1)), []string{
			"narrows grant: role reader: may no longer do what arn:aws:iam::aws:policy/ReadOnlyAccess allows"}},
		"held to a policy": {bare, strings.Replace(bare, "role/reader\", region: us-east-1", "role/reader\", region: us-east-1, managed_policies: [\"arn:aws:iam::aws:policy/X\"]", 1), []string{
			"narrows grant: role reader: may nothing but do what arn:aws:iam::aws:policy/X allows"}},
		"acknowledged": {bare, strings.Replace(bare, "role/reader\", region: us-east-1}", "role/reader\", region: us-east-1}, unrestricted: true", 1), []string{
			"differs role: role reader: unrestricted: true"}},
		"all gone": {strings.Replace(with(narrowed, ""), ", read: [churn, more]", "", 1), bare, []string{
			"widens role: role reader: no session policy any more, so it may do all that arn:aws:iam::111122223333:role/reader may"}},
	} {
		if diff := cmp.Diff(c.want, lines(Changes(parsed(t, c.before), parsed(t, c.after)))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

package sts

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	hopARN    = "arn:aws:iam::444455556666:role/hop"
	hopCanary = "canary-of-the-hop"
)

func hop() *Credentials {
	return &Credentials{
		AccessKeyID: "ASIAHOP", SecretAccessKey: secret.New(hopCanary + "-key"), SessionToken: secret.New(hopCanary + "-token"),
		Expires: now.Add(15 * time.Minute), AccountID: "444455556666",
	}
}

func assume() AssumeRole {
	return AssumeRole{From: hop(), FromRole: hopARN, RoleARN: roleARN, Region: "us-east-1", SessionName: "alice@example.com"}
}

// signed is server for calls that are signed with the credentials of hop.
func signed(t *testing.T, handlers ...http.HandlerFunc) (*Client, *double) {
	d := &double{T: t, signed: true, handlers: handlers}
	return d.client(), d
}

// answer is a good one of an operation, with these members of its result.
func answer(operation, result string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, operation, result)
	}
}

func assumed() http.HandlerFunc {
	return answer("AssumeRole", `<Credentials><AccessKeyId>ASIANEXT</AccessKeyId><SecretAccessKey>shh</SecretAccessKey><SessionToken>st</SessionToken><Expiration>2026-11-21T13:00:00Z</Expiration></Credentials>`)
}

func TestWhatAChainedRoleIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, whatAChainedRoleIsAskedFor)
}

func whatAChainedRoleIsAskedFor(t *testing.T) {
	client, double := signed(t, refused(503, "ServiceUnavailable", "later"), assumed())
	in := assume()
	in.Policy, in.Duration, in.ExternalID, in.SourceIdentity = `{"Version":"2012-10-17","Statement":[]}`, 12*time.Hour, "x:1/y", "alice@example.com"
	in.Tags, in.TransitiveTags = map[string]string{"team": "churn", "cost center": ""}, []string{"team"}
	got, err := client.AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIANEXT" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "st" ||
		!got.Expires.Equal(now.Add(time.Hour)) || got.AccountID != "111122223333" {
		t.Errorf("got %+v", got)
	}
	for key, want := range map[string]string{
		"Action": "AssumeRole", "RoleArn": roleARN, "RoleSessionName": "alice@example.com", "Policy": in.Policy,
		"DurationSeconds": "3600", "ExternalId": "x:1/y", "SourceIdentity": "alice@example.com",
		"Tags.member.1.Key": "cost center", "Tags.member.1.Value": "", "Tags.member.2.Key": "team", "Tags.member.2.Value": "churn",
		"TransitiveTagKeys.member.1": "team",
	} {
		if form := double.forms[1]; form.Get(key) != want || !form.Has(key) {
			t.Errorf("%s = %q, want %q", key, form.Get(key), want)
		}
	}

	if _, err := client.AssumeRole(t.Context(), assume()); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"Policy", "DurationSeconds", "ExternalId", "SourceIdentity", "Tags.member.1.Key", "TransitiveTagKeys.member.1"} {
		if double.forms[2].Has(absent) {
			t.Errorf("%s must be left out", absent)
		}
	}
}

func TestARoleReachedThroughAnotherLivesAnHourAtMost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, got time.Duration
		cut        bool
	}{
		{0, 0, false},
		{15 * time.Minute, 15 * time.Minute, false},
		{time.Hour, time.Hour, false},
		{12 * time.Hour, time.Hour, true},
	} {
		if got, cut := Clamped(c.asked); got != c.got || cut != c.cut {
			t.Errorf("Clamped(%s) = %s, %v", c.asked, got, cut)
		}
	}
}

func TestEveryRefusalOfAChainedRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code       string
		exit       ui.Code
		text, hint string
		calls      int
	}{
		{"AccessDenied", ui.Refused, "does not let role " + hopARN + " assume role " + roleARN, `"Principal":{"AWS":"` + hopARN + `"}`, 1},
		{"MalformedPolicyDocument", ui.Failed, "can't read the session policy", "map check", 1},
		{"PackedPolicyTooLarge", ui.Failed, "too large", "--scope", 1},
		{"RegionDisabledException", ui.Failed, "not active in region us-east-1", "activate STS", 1},
		{"ExpiredTokenException", ui.Failed, "have ended", "try again", 1},
		{"ValidationError", ui.Failed, "invalid", "one hour", 1},
		{"InvalidClientTokenId", ui.Refused, "does not know the credentials", "us-east-1", 1},
		{"SignatureDoesNotMatch", ui.Failed, "signature", "AWS says that it is 2026-11-21T12:10:00Z", 1},
		{"Throttling", ui.Failed, "throttling", "in a minute", 3},
		{"SomethingNew", ui.Failed, "SomethingNew", "", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, double := signed(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", now.Add(10*time.Minute).Format(http.TimeFormat))
				refused(403, c.code, "why &#x9b;31m it failed")(w, r)
			})
			_, err := client.AssumeRole(t.Context(), assume())
			if ui.CodeOf(err) != c.exit || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) || len(double.forms) != c.calls {
				t.Errorf("%s: exit %d, %v, hint %q, %d calls", c.code, ui.CodeOf(err), err, ui.HintOf(err), len(double.forms))
			}
			if all := err.Error() + ui.HintOf(err); TokenRefused(err) || strings.Contains(all, hopCanary) || strings.Contains(all, "\u009b") || !strings.Contains(all, "it failed") {
				t.Errorf("%s: %q", c.code, all)
			}
		})
	}
}

func TestTheRefusalShowsBothPolicies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*AssumeRole)
		hints  []string
	}{
		"tags, source identity and external id": {func(in *AssumeRole) {
			in.Tags, in.SourceIdentity, in.ExternalID = map[string]string{"team": "churn"}, "alice@example.com", "x1"
		}, []string{
			`{"Effect":"Allow","Principal":{"AWS":"` + hopARN + `"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}`,
			`{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Resource":"` + roleARN + `"}`,
		}},
		"a permission set": {func(in *AssumeRole) { in.FromRole = "MLAdmin" }, []string{
			`"Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLAdmin_????????????????",` +
				`"arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_MLAdmin_????????????????"]}}`,
			"the permissions of the permission set MLAdmin must hold",
		}},
		"the machine": {func(in *AssumeRole) { in.FromRole, in.From.AccountID = "", "" }, []string{
			`"Principal":{"AWS":"arn:aws:iam::ACCOUNT:root"}`, "the permissions of this machine's own role must hold",
		}},
	} {
		client, _ := signed(t, refused(403, "AccessDenied", "no"))
		in := assume()
		c.change(&in)
		_, err := client.AssumeRole(t.Context(), in)
		for _, hint := range c.hints {
			if !strings.Contains(ui.HintOf(err), hint) {
				t.Errorf("%s: %s", name, ui.HintOf(err))
			}
		}
	}
}

func TestWhatAWSWouldRefuseOfAChainIsRefusedHere(t *testing.T) {
	t.Parallel()
	type refusal struct {
		change func(*AssumeRole)
		id     ui.ID
	}
	tags := func(key, value string) refusal {
		return refusal{func(in *AssumeRole) { in.Tags = map[string]string{key: value} }, "session-tags-invalid"}
	}
	for name, c := range map[string]refusal{
		"51 tags": {func(in *AssumeRole) {
			in.Tags = map[string]string{}
			for i := range 51 {
				in.Tags[fmt.Sprint(i)] = "v"
			}
		}, "session-tags-invalid"},
		"no key":                 tags("", "v"),
		"key too long":           tags(strings.Repeat("x", 129), "v"),
		"value too long":         tags("k", strings.Repeat("x", 257)),
		"key alphabet":           tags("a;b", "v"),
		"value alphabet":         tags("k", "a\nb"),
		"not UTF-8":              tags("k", "\xff"),
		"AWS's own":              tags("AWS:x", "v"),
		"the same key twice":     {func(in *AssumeRole) { in.Tags = map[string]string{"team": "a", "Team": "b"} }, "session-tags-invalid"},
		"transitive without tag": {func(in *AssumeRole) { in.TransitiveTags = []string{"team"} }, "session-tags-invalid"},
		"external id too short":  {func(in *AssumeRole) { in.ExternalID = "x" }, "external-id-invalid"},
		"external id too long":   {func(in *AssumeRole) { in.ExternalID = strings.Repeat("x", 1225) }, "external-id-invalid"},
		"external id alphabet":   {func(in *AssumeRole) { in.ExternalID = "a b" }, "external-id-invalid"},
		"source identity":        {func(in *AssumeRole) { in.SourceIdentity = "aws:alice" }, "source-identity-invalid"},
		"source identity length": {func(in *AssumeRole) { in.SourceIdentity = strings.Repeat("x", 65) }, "source-identity-invalid"},
		"session name":           {func(in *AssumeRole) { in.SessionName = "Ünïcode Name" }, "session-name-invalid"},
		"policy too long":        {func(in *AssumeRole) { in.Policy = strings.Repeat("x", 2_049) }, "session-policy-size"},
		"duration too short":     {func(in *AssumeRole) { in.Duration = 14 * time.Minute }, "role-duration"},
	} {
		client, double := signed(t, assumed())
		in := assume()
		c.change(&in)
		if _, err := client.AssumeRole(t.Context(), in); ui.IDOf(err) != c.id || ui.HintOf(err) == "" || len(double.forms) != 0 {
			t.Errorf("%s: %s, %v after %d calls", name, ui.IDOf(err), err, len(double.forms))
		}
	}
	in := assume()
	in.Tags = map[string]string{"Ürün adı": strings.Repeat("ü", 256), strings.Repeat("é", 128): ""}
	in.SourceIdentity = SessionName("Ünïcode Name+x@y", "", "")
	if err := in.check(); err != nil {
		t.Error(err)
	}
}

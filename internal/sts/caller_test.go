package sts

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	for arn, session := range map[string]string{
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_MLAdmin_0123/alice@example.com": "alice@example.com",
		"arn:aws:iam::111122223333:user/alice":                                                 "",
		"arn:aws:iam::111122223333:root":                                                       "",
		"assumed-role/a/b":                                                                     "b",
		"odd":                                                                                  "",
	} {
		client, _ := signed(t, answer("GetCallerIdentity", "<Arn>"+arn+"</Arn><Account>111122223333</Account>"))
		got, err := client.CallerIdentity(t.Context(), hop(), "us-east-1")
		if err != nil || got.ARN != arn || got.AccountID != "111122223333" || got.SessionName != session {
			t.Errorf("%s: %+v, %v", arn, got, err)
		}
	}
	client, _ := signed(t, answer("GetCallerIdentity", ""))
	if _, err := client.CallerIdentity(t.Context(), hop(), "us-east-1"); err == nil || ui.HintOf(err) == "" {
		t.Errorf("nobody: %v", err)
	}
	client, _ = signed(t, refused(403, "ExpiredToken", "over"))
	if _, err := client.CallerIdentity(t.Context(), hop(), "us-east-1"); err == nil || !strings.Contains(err.Error(), "have ended") {
		t.Errorf("ended: %v", err)
	}
	client, _ = signed(t, refused(403, "AccessDenied", "no"))
	if _, err := client.CallerIdentity(t.Context(), hop(), "us-east-1"); ui.IDOf(err) != "aws-refuses" || ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "denies this to nobody") {
		t.Errorf("denied: %d, %v, hint %q", ui.CodeOf(err), err, ui.HintOf(err))
	}
}

func TestAPermissionSetsCallerIsOfItsAccountAndName(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]bool{
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ML_Admin_0123456789abcdef/alice":      true,
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ML_Admin_Prod_0123456789abcdef/alice": false,
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ML_0123456789abcdef/alice":            false,
		"arn:aws:sts::111122223333:assumed-role/XAWSReservedSSO_ML_Admin_0123456789abcdef/alice":     false,
		"arn:aws:sts::111122223333:assumed-role/ML_Admin/alice":                                      false,
		"arn:aws:iam::111122223333:user/alice":                                                       false,
	} {
		client, _ := signed(t, answer("GetCallerIdentity", "<Arn>"+arn+"</Arn><Account>111122223333</Account>"))
		got, err := client.CallerIdentity(t.Context(), hop(), "us-east-1")
		if err != nil || got.Is("111122223333", "ML_Admin") != want || got.Is("999988887777", "ML_Admin") {
			t.Errorf("%s: %+v, %v", arn, got, err)
		}
	}
}

func TestWebIdentityToken(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]string{12 * time.Hour: "3600", 20*time.Minute + time.Millisecond: "1140", 30 * time.Second: "60"} {
		client, double := signed(t, answer("GetWebIdentityToken", "<WebIdentityToken>a.b.c</WebIdentityToken>"))
		from := hop()
		from.Expires = now.Add(life)
		token, err := client.WebIdentityToken(t.Context(), from, "us-east-1", "https://acme.cloud.databricks.com")
		if err != nil || token.Reveal() != "a.b.c" {
			t.Fatal(err)
		}
		form := double.forms[0]
		if form.Get("Audience.member.1") != "https://acme.cloud.databricks.com" || form.Get("SigningAlgorithm") != "RS256" || form.Get("DurationSeconds") != want {
			t.Errorf("sent %v", form)
		}
	}
	client, double := signed(t, answer("GetWebIdentityToken", ""))
	from := hop()
	from.Expires = time.Time{}
	if _, err := client.WebIdentityToken(t.Context(), from, "us-east-1", "a"); err == nil || ui.HintOf(err) == "" || double.forms[0].Get("DurationSeconds") != "3600" {
		t.Errorf("no token: %v, sent %v", err, double.forms)
	}
	for _, c := range []struct {
		code       string
		exit       ui.Code
		id         ui.ID
		text, hint string
	}{
		{"OutboundWebIdentityFederationDisabledException", ui.Refused, "web-identity-off", "gives no tokens", "aws iam enable-outbound-web-identity-federation"},
		{"JWTPayloadSizeExceededException", ui.Failed, "web-identity-too-large", "too large", "fewer tags"},
		{"SessionDurationEscalationException", ui.Failed, "web-identity-outlives", "outlive", "new credentials"},
		{"AccessDenied", ui.Refused, "web-identity-refused", "no token", "sts:GetWebIdentityToken"},
		{"InvalidAction", ui.Failed, "web-identity-endpoint", "here", "global endpoint"},
		{"InvalidClientTokenId", ui.Refused, UnknownCredentials, "does not know", ""},
	} {
		client, _ := signed(t, refused(403, c.code, "said"))
		_, err := client.WebIdentityToken(t.Context(), hop(), "us-east-1", "a")
		if ui.CodeOf(err) != c.exit || ui.IDOf(err) != c.id || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s: exit %d, %s: %v, hint %q", c.code, ui.CodeOf(err), ui.IDOf(err), err, ui.HintOf(err))
		}
	}
}

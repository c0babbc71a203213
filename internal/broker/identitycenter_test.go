package broker

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// center answers for Identity Center and STS, in memory; caller is whose the credentials are by STS's word.
type center struct{ caller string }

func (c center) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"canary-key","sessionToken":"canary-token","expiration":%d}}`, time.Now().Add(time.Hour).UnixMilli())
		return w.Result(), nil
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>%s</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, c.caller)
	return w.Result(), nil
}

// kept are the records of what was done.
type kept []audit.Record

func (k *kept) Record(_ context.Context, r audit.Record) error { *k = append(*k, r); return nil }

// A person is named by the session of the very permission set that was asked for: another server may answer in AWS's place.
func TestAPersonIsNamedByThePermissionSetThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for caller, want := range map[string]struct {
		id   ui.ID
		name string
	}{
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_MLAdmin_0123456789abcdef/alice@example.com": {"", "alice@example.com"},
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Owner_0123456789abcdef/mallory@example.com": {"caller-differs", ""},
		"arn:aws:iam::111122223333:user/mallory":                                                           {"caller-differs", ""},
	} {
		client := &http.Client{Transport: center{caller}}
		var records kept
		b := &Broker{parts: Parts{Now: time.Now, Recorder: &records, STS: &sts.Client{
			HTTP: client, Now: time.Now, IdentityCenter: &identitycenter.Client{HTTP: client, Now: time.Now},
		}}}
		session := &login.Session{AccessToken: secret.New("canary-access")}
		err := b.nameBy(t.Context(), login.Provider{Name: "corp", Issuer: "https://acme.awsapps.com/start", SSORegion: "us-east-1"}, session,
			accessmap.Hop{AccountID: "111122223333", RoleName: "MLAdmin", Region: "us-east-1"})
		if ui.IDOf(err) != want.id || session.Subject != want.name || session.Username != want.name || (len(records) == 1) != (want.id == "") {
			t.Errorf("%s: %q, %v, %d records", caller, session.Subject, err, len(records))
		}
		if err != nil && (ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), "AWS_ENDPOINT_URL_STS") || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: exit %d, %v, hint %q", caller, ui.CodeOf(err), err, ui.HintOf(err))
		}
	}
}

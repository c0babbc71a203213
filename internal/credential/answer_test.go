package credential

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, on machines that have none

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const accessToken = "canary-of-the-workspace-token"

func TestTheExpiryIsWrittenAsEverySDKReadsIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		at   time.Time
		want string
	}{
		{"America/New_York", time.Date(2026, 11, 21, 21, 47, 8, 301_731_000, time.UTC), "2026-11-21T16:47:08.301731-05:00"},
		{"Asia/Tokyo", time.Date(2026, 11, 21, 21, 47, 8, 301_731_000, time.UTC), "2026-11-22T06:47:08.301731+09:00"},
		{"Asia/Kolkata", time.Date(2026, 11, 21, 21, 47, 8, 0, time.UTC), "2026-11-22T03:17:08.000000+05:30"},
		{"UTC", time.Date(2026, 11, 21, 21, 47, 8, 301_731_999, time.UTC), "2026-11-21T21:47:08.301731+00:00"},
		{"UTC", time.Date(2026, 11, 21, 21, 47, 8, 300_000_000, time.FixedZone("elsewhere", 3600)), "2026-11-21T20:47:08.300000+00:00"},
		{"Europe/London", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "2026-01-01T00:00:00.000000+00:00"},
		// Clocks go back: the same wall time twice, told apart by the offset.
		{"America/New_York", time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC), "2026-11-01T01:30:00.000000-04:00"},
		{"America/New_York", time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC), "2026-11-01T01:30:00.000000-05:00"},
		// Clocks go forward: an hour that does not exist is never written.
		{"America/New_York", time.Date(2026, 3, 8, 6, 59, 59, 0, time.UTC), "2026-03-08T01:59:59.000000-05:00"},
		{"America/New_York", time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), "2026-03-08T03:00:00.000000-04:00"},
	} {
		location, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		token := &Token{Host: "https://dbc-1234.cloud.databricks.com", AccessToken: secret.New(accessToken), Expires: c.at}
		got, err := token.HelperJSON(location)
		if want := `{"access_token":"` + accessToken + `","token_type":"Bearer","expiry":"` + c.want + `"}`; err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", c.zone, got, err, want)
		}
		var read struct{ Expiry time.Time }
		if err := json.Unmarshal(got, &read); err != nil || !read.Expiry.Equal(c.at.Truncate(time.Microsecond)) {
			t.Errorf("%s: read back as %s, %v", c.zone, read.Expiry, err)
		}
	}
}

func TestAnIncompleteTokenIsNotHandedOut(t *testing.T) {
	t.Parallel()
	for _, token := range []*Token{{}, {AccessToken: secret.New(accessToken)}, {Expires: noon}} {
		got, err := token.HelperJSON(time.UTC)
		if got != nil || ui.IDOf(err) != "workspace-token-incomplete" || ui.CodeOf(err) != ui.LoginNeeded || ui.HintOf(err) != "dbxaccess login" {
			t.Errorf("%s, %v", got, err)
		}
	}
}

// The names and the time's form are AWS's contract.
func TestCredentialsAreWrittenAsSDKsReadThem(t *testing.T) {
	t.Parallel()
	keys := &AWS{
		AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s/+<>&"), SessionToken: secret.New("t="), AccountID: "111122223333",
		Expires: time.Date(2026, 11, 21, 13, 0, 0, 5, time.FixedZone("elsewhere", 3600)),
	}
	const want = `{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s/+\u003c\u003e\u0026","SessionToken":"t=","Expiration":"2026-11-21T12:00:00Z"`
	if got, err := keys.ProcessJSON(); err != nil || string(got) != want+`,"AccountId":"111122223333"}`+"\n" {
		t.Errorf("%s, %v", got, err)
	}
	keys.AccountID = ""
	if got, err := keys.ProcessJSON(); err != nil || string(got) != want+"}\n" {
		t.Errorf("without an account: %s, %v", got, err)
	}
}

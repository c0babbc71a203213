package databricks

import (
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/common/environment"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAHostIsWrittenInOneWay(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://dbc-1234.cloud.databricks.com":                    "https://dbc-1234.cloud.databricks.com",
		"https://dbc-1234.cloud.databricks.com/":                   "https://dbc-1234.cloud.databricks.com",
		"dbc-1234.cloud.databricks.com":                            "https://dbc-1234.cloud.databricks.com",
		"DBC-1234.Cloud.Databricks.com":                            "https://dbc-1234.cloud.databricks.com",
		"HTTPS://dbc-1234.cloud.databricks.com:443/":               "https://dbc-1234.cloud.databricks.com",
		"dbc-1234.cloud.databricks.com:443":                        "https://dbc-1234.cloud.databricks.com",
		" https://dbc-1234.cloud.databricks.com\n":                 "https://dbc-1234.cloud.databricks.com",
		"https://dbc-1234.cloud.databricks.com/browse?o=123":       "https://dbc-1234.cloud.databricks.com",
		"https://dbc-1234.cloud.databricks.com?o=123#job/1":        "https://dbc-1234.cloud.databricks.com",
		"https://dbc-1234.cloud.databricks.com#https://a@b":        "https://dbc-1234.cloud.databricks.com",
		"dbc-1234.cloud.databricks.com/?next=https://evil.example": "https://dbc-1234.cloud.databricks.com",
		"https://adb-12.3.azuredatabricks.net:8443/x":              "https://adb-12.3.azuredatabricks.net:8443",
		"http://localhost:8080/":                                   "http://localhost:8080",
		"http://127.0.0.1:443":                                     "http://127.0.0.1:443",
		"http://[::1]:8080":                                        "http://[::1]:8080",
		"https://[::1]:443":                                        "https://[::1]",
		"localhost:8080":                                           "https://localhost:8080",
	} {
		if got, err := NormalizeHost(raw); err != nil || got != want {
			t.Errorf("NormalizeHost(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
}

func TestWhatIsNoHostIsRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "  ", "https://", "https:///path", "/", "?o=1", ":443",
		"http://dbc-1234.cloud.databricks.com", "ftp://dbc-1234.cloud.databricks.com", "javascript://x", "file:///etc/passwd",
		"https://alice:hunter2@dbc-1234.cloud.databricks.com", "alice:hunter2@dbc-1234.cloud.databricks.com",
		"alice:hunter2@https://dbc-1234.cloud.databricks.com", "https://@dbc-1234.cloud.databricks.com",
		"https://a.example\\@b.example", "https://a_b.example", "https://a..example", "https://a.example.", "https://-a.example",
		"https://a.example:", "https://a.example:0", "https://a.example:65536", "https://a.example:x", "https://a.example:1:2",
		"https://::1", "https://[::1%25lo]", "https://[::1", "https://%61.example", "https://ünï.example",
		"https://a b.example", "https://a\tb.example", "https://a\nb.example", "https://a\x00.example", "https://\u202ea.example",
		"https://a.example/\x1b[31m", "https://" + strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 200) + "example",
		strings.Repeat("a", 1<<20),
	} {
		got, err := NormalizeHost(raw)
		if err == nil || got != "" {
			t.Errorf("NormalizeHost(%q) = %q, %v", raw, got, err)
			continue
		}
		mustFail(t, err, ui.Failed, "", "https://")
		if ui.IDOf(err) != "workspace-host-invalid" {
			t.Errorf("NormalizeHost(%q): %s", raw, ui.IDOf(err))
		}
		if strings.Contains(err.Error(), "hunter2") || len(err.Error()) > 3000 {
			t.Errorf("the message repeats too much: %q", err)
		}
	}
}

// What the map has as host is what clients are compared with: both must write an address alike.
func TestTheAccessMapWritesHostsTheSameWay(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"https://dbc-1234.cloud.databricks.com", "https://DBC-1234.cloud.databricks.com/", "https://adb-12.3.azuredatabricks.net:443",
		"https://proxy.example.com:8443/", "https://proxy.example.com:0443", "http://127.0.0.1:80", "http://[::1]:8080", "HTTPS://a.example",
	} {
		m, err := accessmap.Parse("m", []byte("version: 1\nworkspaces:\n  w:\n    host: \""+raw+"\"\n"+
			"identities:\n  i: {issuer: \"https://idp.example.com\", client_id: c, groups: {g: [r]}}\n"+
			"roles:\n  r: {workspace: w, aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := NormalizeHost(raw); err != nil || got != m.Workspaces["w"].Host {
			t.Errorf("NormalizeHost(%q) = %q, %v; the map has %q", raw, got, err, m.Workspaces["w"].Host)
		}
	}
}

func TestTokensGoToKnownHostsOnly(t *testing.T) {
	t.Parallel()
	c := &Client{TrustedHosts: []string{"Databricks.acme.example", "proxy.example.com:8443"}}
	for raw, ok := range map[string]bool{
		"https://dbc-1234.cloud.databricks.com":                 true,
		"https://accounts.cloud.databricks.com":                 true,
		"https://accounts.cloud.databricks.us":                  true,
		"https://adb-12.3.azuredatabricks.net":                  true,
		"https://adb-12.3.databricks.azure.cn":                  true,
		"https://12.3.gcp.databricks.com":                       true,
		"http://127.0.0.1:8080":                                 true,
		"localhost":                                             true,
		"https://databricks.acme.example":                       true,
		"https://databricks.acme.example:8443":                  true,
		"https://proxy.example.com:8443":                        true,
		"https://proxy.example.com":                             false,
		"https://proxy.example.com:9443":                        false,
		"https://cloud.databricks.com":                          false,
		"https://.cloud.databricks.com":                         false,
		"https://evilcloud.databricks.com":                      false,
		"https://azuredatabricks.net":                           false,
		"https://dbc-1234.cloud.databricks.com.evil.example":    false,
		"https://evil.example/.cloud.databricks.com":            false,
		"https://evil.example?.cloud.databricks.com":            false,
		"https://127.0.0.1.evil.example":                        false,
		"https://prod":                                          false,
		"https://acme.databricksapps.com":                       false,
		"https://evil.example:8443#databricks.acme.example":     false,
		"https://u@dbc-1234.cloud.databricks.com":               false,
		"http://dbc-1234.cloud.databricks.com":                  false,
		"https://not.databricks.acme.example":                   false,
		"https://evil.example\\.cloud.databricks.com":           false,
		"https://dbc-1234.cloud.databricks.com@evil.example":    false,
		"https://dbc-1234.cloud.databricks.com%2eevil.example/": false,
	} {
		if _, err := c.destination(raw); (err == nil) != ok {
			t.Errorf("destination(%q): %v", raw, err)
		}
	}
	_, err := c.destination("evil.example")
	mustFail(t, err, ui.Refused, "evil.example is neither", "add evil.example to trusted_hosts")
	if ui.IDOf(err) != "workspace-host-untrusted" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

// The SDK's list is compared with the end of a name: a zone that began in the middle of a label, or with a capital,
// would let in anyone who registers a domain that ends alike, or no one.
func TestEveryZoneOfTheSDKBeginsAtALabel(t *testing.T) {
	t.Parallel()
	for _, zone := range environment.AllEnvironments() {
		name, ok := strings.CutPrefix(zone.DnsZone, ".")
		if !ok || !httpclient.IsHostName(name) || !strings.Contains(name, ".") || name != strings.ToLower(name) {
			t.Errorf("%q", zone.DnsZone)
		}
	}
}

func FuzzNormalizeHost(f *testing.F) {
	for _, seed := range []string{
		"https://dbc-1234.cloud.databricks.com/browse?o=1#x", "HTTP://LOCALHOST:80", "u:p@h", "[::1]:443", "https://a:0443", "a://b://c", "https://[::ffff:1.2.3.4]:443",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := NormalizeHost(raw)
		if err != nil {
			if ui.HintOf(err) == "" || ui.Clean(err.Error()) != err.Error() {
				t.Fatalf("%q, hint %q", err, ui.HintOf(err))
			}
			return
		}
		if again, err := NormalizeHost(got); err != nil || again != got {
			t.Fatalf("%q became %q, then %q, %v", raw, got, again, err)
		}
		u, err := httpclient.CheckURL(got)
		if err != nil || u.String() != got || u.Path != "" || u.RawQuery != "" || strings.ToLower(got) != got ||
			u.Scheme == "https" && u.Port() == "443" {
			t.Fatalf("%q became %q: %v", raw, got, err)
		}
	})
}

package awscli

import (
	"strings"
	"testing"
	"time"
)

// Whatever a program prints: what is taken for credentials is whole, has an end that is bounded, fits on one line, and is no long-lived
// key. Of what is printed, nothing secret is in the error.
func FuzzExported(f *testing.F) {
	for _, printed := range []string{
		`{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"SECRET","SessionToken":"t","Expiration":"2026-11-29T13:00:00Z"}`,
		`{"AccessKeyId":"AKIA1","SecretAccessKey":"SECRET"}`, `{"AccessKeyId":"AKIA1","SecretAccessKey":"SECRET","SessionToken":null}`,
		`{"accesskeyid":"A","SecretAccessKey":"SECRET","SessionToken":"t\n"}`, `{"AccessKeyId":"A","SecretAccessKey":"SECRET","SessionToken":"t","Expiration":"9999-12-31T23:59:59Z"}`,
		"", "null", "[]", "SECRET",
	} {
		f.Add([]byte(printed))
	}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, printed []byte) {
		got, err := exported("audit", "", printed, now)
		if err != nil {
			if got != nil || strings.Contains(err.Error(), "SECRET") {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, part := range []string{got.AccessKeyID, got.SecretAccessKey.Reveal(), got.SessionToken.Reveal()} {
			if part == "" || strings.ContainsAny(part, "\r\n\x00 ") {
				t.Fatalf("%q is a part of them", part)
			}
		}
		if !got.Expires.After(now) || got.Expires.After(now.Add(12*time.Hour+time.Minute)) {
			t.Fatalf("they end at %s", got.Expires)
		}
	})
}

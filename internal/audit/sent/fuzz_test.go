package sent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever stands in the file: what is loaded is of this sink and version, counts nothing below zero, and is the same once it was kept
// and loaded again. What a person was told of is told no more.
func FuzzCursor(f *testing.F) {
	p := Place{Dir: f.TempDir(), Name: "siem", To: "otlp https://a.example"}
	for _, text := range []string{
		`{"version":1,"to":"DIGEST","head":{"uid":"c","seq":4,"hash":"h"},"file":"record-000001.jsonl","failures":3,"retry_at":"2026-11-01T09:00:00Z"}`,
		`{"version":1,"to":"DIGEST","failures":-5}`, `{"version":1,"to":"DIGEST","lost":{"rejected":-1,"missed":18446744073709551615,"gap":true}}`,
		`{"version":1,"to":"DIGEST","lost":{"refused":2,"damaged":1,"lost_since":"2026-11-01T09:00:00+14:00"}}`, `{"version":1,"to":"other"}`, `null`, ``,
	} {
		f.Add(text)
	}
	digest := p.Load().To
	f.Fuzz(func(t *testing.T, text string) {
		p := p
		p.Dir = filepath.Join(t.TempDir(), "ship")
		if err := os.Mkdir(p.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.file(), []byte(strings.ReplaceAll(text, "DIGEST", digest)), 0o600); err != nil {
			t.Fatal(err)
		}
		c := p.Load()
		if c.To != digest || c.Version != version || c.Failures < 0 || c.Lost.Rejected < 0 || c.Lost.Refused < 0 || c.Lost.Damaged < 0 {
			t.Fatalf("%+v", c)
		}
		if c.Lost.Any() != (c.Lost.Words() != "") {
			t.Errorf("%+v is told as %q", c.Lost, c.Lost.Words())
		}
		if c.Retry.Year() < 0 || c.Retry.Year() > 9999 {
			return // JSON has no such time
		}
		if err := p.Save(c); err != nil {
			t.Fatal(err)
		}
		again := p.Load()
		if again.Head != c.Head || again.File != c.File || again.Failures != c.Failures || !again.Retry.Equal(c.Retry) || again.Lost.Words() != c.Lost.Words() {
			t.Errorf("%+v became %+v", c, again)
		}
		if again.Told(again.Lost); again.Lost.Any() {
			t.Errorf("told, there is still %+v", again.Lost)
		}
	})
}

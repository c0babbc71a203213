package sent

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Another place behind the same name, a file of another version, and one that is damaged are as none.
func TestACursorIsOfOnePlace(t *testing.T) {
	t.Parallel()
	p := Place{Dir: filepath.Join(t.TempDir(), "ship"), Name: "siem", To: "otlp https://a.example"}
	if err := os.Mkdir(p.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := p.Load()
	c.Head = audit.Head{Chain: "c", Sequence: 4, Hash: "h"}
	if err := p.Save(c); err != nil || *p.Load() != *c {
		t.Fatalf("%+v, %v", p.Load(), err)
	}
	other := p
	other.To = "otlp https://b.example"
	if got := other.Load(); got.Head.Chain != "" {
		t.Errorf("%+v", got)
	}
	for _, text := range []string{"{", fmt.Sprintf(`{"version":2,"to":%q,"head":{"uid":"c"}}`, c.To)} {
		if err := os.WriteFile(p.file(), []byte(text), 0o600); err != nil || p.Load().Head.Chain != "" {
			t.Errorf("%s: %+v, %v", text, p.Load(), err)
		}
	}
}

func TestNoRecordIsNoBacklog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if b, err := new(Cursor).Backlog(filepath.Join(dir, "none"), 10); b != (Backlog{}) || err != nil {
		t.Errorf("%+v, %v", b, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := new(Cursor).Backlog(filepath.Join(dir, "file"), 10); err == nil {
		t.Error("a file is no record")
	}
}

package secret

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesAreReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	for name, c := range map[string]struct {
		content, want string
		ok            bool
	}{
		"a token":           {"\n a-token \r\n", "a-token", true},
		"empty":             {" \n", "", true},
		"as long as may be": {strings.Repeat("x", MaxFile), strings.Repeat("x", MaxFile), true},
		"a byte longer":     {strings.Repeat("x", MaxFile+1), "", false},
		"long with space":   {"a-token" + strings.Repeat(" ", MaxFile), "", false},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadFile(path)
		if got.Reveal() != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %d bytes, %v", name, len(got.Reveal()), err)
		}
	}
	for _, path := range []string{dir, os.DevNull, filepath.Join(dir, "absent")} {
		if got, err := ReadFile(path); err == nil || !got.IsZero() || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

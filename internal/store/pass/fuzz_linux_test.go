package pass

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// Whatever GnuPG prints, and whoever made the item that it speaks of: what becomes an argument is a key's id, a status counts only where
// it begins a line, and its last words are a text that can be shown.
func FuzzStatuses(f *testing.F) {
	f.Add([]byte(statusMark + "ENC_TO 0123456789ABCDEF 18 0\n" + statusMark + "PINENTRY_LAUNCHED 4711 curses"))
	f.Add([]byte("gpg: " + statusMark + "ENC_TO 0123456789ABCDEF\n" + statusMark + "ENC_TO --help\r\n"))
	f.Add([]byte("gpg: Entschlüsselung: " + strings.Repeat("ü", 150)))
	f.Add([]byte("\xff\xfe" + statusMark))
	f.Fuzz(func(t *testing.T, stderr []byte) {
		o := outcome{Output: command.Output{Stderr: stderr}, err: errors.New("exit status 2")}
		keys := recipients(o)
		for _, key := range keys {
			if strings.Trim(key, "0123456789abcdefABCDEF") != "" || key == "" || len(key) > 40 {
				t.Fatalf("the key %q", key)
			}
		}
		if len(keys) > 8 {
			t.Fatalf("%d keys", len(keys))
		}
		marked := 0
		for line := range strings.Lines(string(stderr)) {
			if line = strings.TrimSpace(line); line == statusMark+"ENC_TO" || strings.HasPrefix(line, statusMark+"ENC_TO ") {
				marked++
			}
		}
		if got := o.statuses("ENC_TO"); len(got) != marked {
			t.Fatalf("%d lines are statuses, and these were found: %q", marked, got)
		}
		if last := o.lastWords().Error(); last == "" || len(last) > 200 || utf8.Valid(stderr) && !utf8.ValidString(last) {
			t.Fatalf("the last words are %q", last)
		}
	})
}

// Of whatever environment: the programs get what they need and nothing else, and GnuPG is never let ask where nobody is.
func FuzzEnvironment(f *testing.F) {
	f.Add("HOME=/home/alice\x00AWS_SECRET_ACCESS_KEY=x\x00LC_ALL=C\x00PASSWORD_STORE_GPG_OPTS=--pinentry-mode=loopback")
	f.Add("PASSWORD_STORE_DIR=/elsewhere\x00PASSWORD_STORE_KEY=eve\x00=C:=x\x00PATH")
	f.Fuzz(func(t *testing.T, joined string) {
		env := passEnvironment(strings.Split(joined, "\x00"), program{store: "/store"})
		for _, variable := range env[:len(env)-2] {
			if name, _, _ := strings.Cut(variable, "="); !slices.Contains(passed, name) && !strings.HasPrefix(name, "LC_") {
				t.Fatalf("%q is handed on", variable)
			}
		}
		if env[len(env)-2] != "PASSWORD_STORE_DIR=/store" || !strings.HasSuffix(env[len(env)-1], neverAsk) {
			t.Fatalf("%q", env)
		}
	})
}

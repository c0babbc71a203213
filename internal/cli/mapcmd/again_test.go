package mapcmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A note fits a terminal, on which its command stays whole, and is one line where it is piped.
func TestNotes(t *testing.T) {
	t.Parallel()
	text, command := strings.Repeat("words that go on ", 10)+"here:", again("access map.yaml", "trust", "reader", "--subject", strings.Repeat("x", 90))
	for _, c := range []struct {
		name string
		want func(lines []string) bool
		on   func(*bytes.Buffer) *ui.Streams
	}{
		{"a terminal", func(lines []string) bool {
			return len(lines) == 4 && len(lines[0]) <= 80 && len(lines[1]) <= 80 && len(lines[2]) <= 80 && lines[3] == "  "+command
		}, func(b *bytes.Buffer) *ui.Streams { return &ui.Streams{Err: &ui.Screen{Terminal: b, Width: 80}} }},
		{"a pipe", func(lines []string) bool { return len(lines) == 1 && lines[0] == text+" "+command },
			func(b *bytes.Buffer) *ui.Streams { return &ui.Streams{Err: b} }},
	} {
		var out bytes.Buffer
		streams := c.on(&out)
		env := &cli.Env{Console: ui.Person{Streams: streams}}
		env.Streams = streams
		note(env, text, command)
		if lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"); !c.want(lines) {
			t.Errorf("%s: %q", c.name, lines)
		}
	}
}

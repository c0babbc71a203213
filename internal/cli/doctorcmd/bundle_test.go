package doctorcmd

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a person is shown on demand is what is written, byte for byte, and a terminal obeys none of it.
func TestAllOfABundleIsShownBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	made := &bundle{Environment: []string{"odd \u009b31m \u202e \U000e0041 \x1b[2J name"}, Program: programOf(cli.VersionOf("v1.2.0-rc.1"))}
	text, err := made.text(newScrubber(nil, "", false))
	if err != nil || !json.Valid(text) || ui.Clean(strings.ReplaceAll(string(text), "\n", "")) != strings.ReplaceAll(string(text), "\n", "") {
		t.Fatalf("%v: %s", err, text)
	}
	var again bundle
	if err := json.Unmarshal(text, &again); err != nil || again.Environment[0] != made.Environment[0] || again.Program.Release != "v1.2.0-rc.1" {
		t.Errorf("%v, %q, %+v", err, again.Environment, again.Program)
	}
	for answers, want := range map[string]struct {
		id    ui.ID
		shown int
	}{"y\n": {"", 0}, "v\ny\n": {"", 1}, "V\nview\nyes\n": {"", 2}, "v\nn\n": {"bundle-declined", 1}, "v\n": {"bundle-declined", 1}, "": {"bundle-declined", 0}, "x\ny\n": {"bundle-declined", 0}} {
		var said bytes.Buffer
		env := cli.NewEnv(cli.Process{Streams: &ui.Streams{In: strings.NewReader(answers), Err: &said, Interactive: true}, Getenv: func(string) string { return "" }})
		err := bundling{file: "x.json"}.confirm(t.Context(), env, made, text)
		if ui.IDOf(err) != want.id || strings.Count(said.String(), string(text)) != want.shown {
			t.Errorf("%q: %v, shown %d times", answers, err, strings.Count(said.String(), string(text)))
		}
	}
}

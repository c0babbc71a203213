package cli

import (
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func environment(variables ...string) func(string) string {
	return func(name string) string {
		for _, v := range variables {
			if key, value, _ := strings.Cut(v, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestTheBrowserIsOpenedOnlyWhereThePersonSeesIt(t *testing.T) {
	desktop := runtime.GOOS == "darwin" || runtime.GOOS == "windows"
	for _, c := range []struct {
		variables []string
		want      bool
	}{
		{nil, desktop},
		{[]string{"DISPLAY=:0"}, true},
		{[]string{"WAYLAND_DISPLAY=wayland-0"}, true},
		{[]string{"DISPLAY=localhost:10.0", "SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22"}, false},
		{[]string{"DISPLAY=:0", "SSH_TTY=/dev/pts/1"}, false},
	} {
		if got := hasDisplay(environment(c.variables...)); got != c.want {
			t.Errorf("%q: %v", c.variables, got)
		}
	}
}

func TestBROWSERMayOnlyNameAProgram(t *testing.T) {
	for value, want := range map[string]bool{
		"firefox": true, "/usr/bin/firefox-esr": true, "./open.sh": true,
		"": false, "firefox --new-window": false, "-e": false, "sh -c 'rm -rf ~'": false, "a;b": false, "$(x)": false, "a\nb": false, "%s": false,
	} {
		if got := isProgram(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestOnlyCommandsThatAPersonWaitsForAskForThePassphrase(t *testing.T) {
	a := &app{streams: &ui.Streams{In: strings.NewReader("typed\n"), Interactive: true}, getenv: environment()}
	a.settingsOnce.Do(func() { a.settings = &config.Settings{} })
	_, err := a.askPassphrase(t.Context())
	if ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "keyring.passphrase_command") {
		t.Errorf("got %v", err)
	}
}

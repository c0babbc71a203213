package cli

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestOnlyCommandsThatAPersonWaitsForAskForThePassphrase(t *testing.T) {
	a := &app{streams: &ui.Streams{In: strings.NewReader("typed\n"), Interactive: true}, getenv: func(string) string { return "" }}
	a.settingsOnce.Do(func() { a.settings = &config.Settings{} })
	_, err := a.askPassphrase(t.Context())
	if ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "keyring.passphrase_command") {
		t.Errorf("got %v", err)
	}
}

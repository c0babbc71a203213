package cli

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestOnlyCommandsThatAPersonWaitsForAskForThePassphrase(t *testing.T) {
	e := NewEnv(Process{Streams: &ui.Streams{In: strings.NewReader("typed\n"), Interactive: true}})
	_, err := e.passphrase(t.Context(), &config.Settings{}, false)
	if ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "keyring.passphrase_command") {
		t.Errorf("got %v", err)
	}
}

package cli

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestOnlyCommandsThatAPersonWaitsForAskForThePassphrase(t *testing.T) {
	e := NewEnv(Process{Streams: &ui.Streams{In: strings.NewReader("typed\n"), Interactive: true}})
	_, err := e.passphrase(t.Context(), &config.Settings{}, false)
	if ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "keyring.passphrase_command") {
		t.Errorf("got %v", err)
	}
}

// A passphrase that a person remembers is worth more rounds than one that a program gives to every helper.
func TestATypedPassphraseCostsMoreToGuess(t *testing.T) {
	t.Parallel()
	command := config.Settings{}
	command.Keyring.PassphraseCommand = []string{"pass", "show", "dbxaccess"}
	for name, c := range map[string]struct {
		settings *config.Settings
		variable secret.String
		typed    bool
	}{
		"typed":           {&config.Settings{}, secret.String{}, true},
		"of the variable": {&config.Settings{}, secret.New("long and random"), false},
		"of a command":    {&command, secret.String{}, false},
	} {
		e := NewEnv(Process{Streams: &ui.Streams{}, Passphrase: c.variable})
		if o := e.keyringOptions(c.settings, store.Selection{Backend: store.File}, true); o.PassphraseTyped != c.typed {
			t.Errorf("%s: typed = %v", name, o.PassphraseTyped)
		}
	}
}

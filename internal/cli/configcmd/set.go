package configcmd

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newSet(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "set SETTING VALUE...", Short: "Change a setting in config.yaml, and nothing else there",
		Long:    "Changes one setting in config.yaml. Comments, order and all else in the file stay.\n\n" + legalValues(),
		Example: "  dbxaccess config set default_role ml-trainer\n  dbxaccess config set keyring.passphrase_command pass show dbxaccess",
		Args:    cobra.ArbitraryArgs, ValidArgsFunction: completeValues(env),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return ui.Errorf("argument-missing", ui.Usage, "the setting is missing").With(ui.Command(listCommand))
			}
			t, err := config.Find(args[0])
			if err != nil {
				return err
			}
			if err := errors.Join(refuseRole(env, t, args[1:]), refuseNames(env, t, args[1:])); err != nil {
				return err
			}
			path, _, err := config.Set(env.Getenv, t.Key, args[1:]...)
			if err != nil {
				return err
			}
			env.Console.Info("%s is now %s, in %s.", t.Key, ui.Clean(strings.Join(args[1:], " ")), ui.Clean(path))
			follow(env, t)
			return nil
		},
	}
}

func newUnset(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "unset SETTING", Short: "Take a setting out of config.yaml, so that its default applies",
		Example: "  dbxaccess config unset default_role",
		Args:    cli.OneArg("setting"), ValidArgsFunction: completeKeys,
		RunE: func(_ *cobra.Command, args []string) error {
			path, changed, err := config.Unset(env.Getenv, args[0])
			t, unknown := config.Find(args[0])
			switch {
			case err != nil:
				return err
			case !changed && unknown != nil:
				return unknown
			case !changed:
				env.Console.Info("%s is not set in %s.", t.Key, ui.Clean(path))
			case unknown != nil:
				env.Console.Info("%s is no longer in %s.", ui.Clean(args[0]), ui.Clean(path))
				return nil
			default:
				env.Console.Info("%s is no longer set in %s.", t.Key, ui.Clean(path))
			}
			follow(env, t)
			return nil
		},
	}
}

const listCommand = "dbxaccess config list"

// narrow is the narrowest usual terminal: help leaves indented lines as they are.
const narrow = 60

// legalValues are the settings that a command can set, with what they may be.
func legalValues() string {
	var lines []string
	for _, t := range settings.All() {
		if t.IsWritten() {
			lines = append(lines, "  "+t.Key+"\n      "+ui.Fold(t.Means+": "+t.Legal(), narrow, 6))
		}
	}
	return strings.Join(lines, "\n")
}

// refuseRole refuses a role that the access map does not have, if there is a map to ask.
func refuseRole(env *cli.Env, t *settings.Setting, words []string) error {
	if !t.Role || len(words) != 1 || words[0] == "" {
		return nil
	}
	m, _, err := env.Map()
	if err != nil { // as before the first init: what is set now holds then
		return nil //nolint:nilerr // of another subject
	}
	_, err = m.Effective(words[0])
	return err
}

// refuseNames refuses names of profiles of which two would be alike, if there is a map to ask.
func refuseNames(env *cli.Env, t *settings.Setting, words []string) error {
	if why, _ := t.Wrong(strings.Join(words, " ")); why != "" || t.Key != "profile_name" {
		return nil // config.Set says what is wrong
	}
	m, _, err := env.Map()
	s, settingsErr := env.Settings()
	if err != nil || settingsErr != nil {
		return nil //nolint:nilerr // as before the first init
	}
	naming := cli.NamingOf(s)
	naming.Template = words[0]
	return (&access.View{Map: m, Naming: naming.Of(m)}).CheckNames()
}

// follow says what has to be done for a changed setting to have its effect, and what keeps it from that.
func follow(env *cli.Env, t *settings.Setting) {
	if variable := t.Variable(); variable != "" && env.Getenv(variable) != "" {
		env.Console.Warn(ui.Warning{ID: "setting-overridden", What: variable + " is set, and overrides the file in this shell", Fix: ui.Command("unset " + variable)})
		return
	}
	if _, err := config.Load(env.Getenv); err != nil {
		if wrong, ok := errors.AsType[*ui.Error](err); ok {
			env.Console.Warn(ui.Warning{ID: "settings-still-wrong", What: "the settings are still not usable: " + wrong.Error(), Fix: ui.FixOf(wrong)})
		}
		return
	}
	if t.Then != "" {
		env.Console.Info("To have it everywhere: %s", t.Then)
	}
}

package doctor

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	mapVariable        = "DBXACCESS_MAP"
	passphraseVariable = "DBXACCESS_KEYRING_PASSPHRASE"
)

// checkDesktop warns of variables that are set in this shell and not for programs that are started from the desktop. There
// a profile of an IDE works by other settings than here, where all the other checks look.
func (d *examination) checkDesktop(ctx context.Context, settings *config.Settings, entries []profiles.Entry) {
	if settings == nil || len(entries) == 0 {
		return
	}
	there := d.Desktop(ctx)
	if there == nil {
		return
	}
	var names, keys, others []string
	var fix ui.Fix
	for _, v := range d.shellOnly(there, settings, entries) {
		names = append(names, v.name)
		switch {
		case v.name == mapVariable:
			fix = slices.Concat(ui.Command("dbxaccess init "+ui.Word(settings.Map)),
				ui.Advice("and take "+mapVariable+" out of the shell's start-up file"))
		case v.key != "":
			keys = append(keys, v.key)
		default:
			others = append(others, v.name)
		}
	}
	if len(names) == 0 {
		return
	}
	if len(keys) > 0 {
		fix = append(fix, ui.Advice("set "+ui.Listed(keys)+" in "+filepath.Join(settings.Dir, config.FileName))...)
	}
	if len(others) > 0 {
		fix = append(fix, forDesktop(runtime.GOOS, others)...)
	}
	d.warn("env-shell-only", ui.Listed(names), "set in this shell; programs that are started from the desktop don't have the same",
		"the profiles of an IDE may find nobody signed in there, or fail otherwise", fix)
}

// variable is one that is set here, and the setting that would do the same everywhere; "" for none.
type variable struct{ name, key string }

// shellOnly are the variables that a helper or the tool that runs it depends on, and that differ there. One that does not
// change anything, as it says what the settings say too, does not count. Nor does the keyring's kind, which login records.
func (d *examination) shellOnly(there func(string) string, here *config.Settings, entries []profiles.Entry) []variable {
	theirs, err := config.Load(there)
	if err != nil {
		theirs = &config.Settings{}
	}
	var found []variable
	add := func(differs bool, name, key string) {
		if differs && d.Getenv(name) != "" {
			found = append(found, variable{name, key})
		}
	}
	add(here.Dir != theirs.Dir, "XDG_CONFIG_HOME", "")
	add(here.Map != theirs.Map, mapVariable, "")
	add(here.Keyring.Service != theirs.Keyring.Service, "DBXACCESS_KEYRING_SERVICE", "keyring.service")
	plain := []string{"AWS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}
	selected, _, _ := store.ReadSelection(here.Dir) // that it can't be read is a fault already
	switch selected.Backend {
	case store.File:
		const key = "keyring.passphrase_command"
		add(!slices.Equal(here.Keyring.PassphraseCommand, theirs.Keyring.PassphraseCommand), "DBXACCESS_KEYRING_PASSPHRASE_COMMAND", key)
		// The passphrase itself was taken out of the environment.
		if len(here.Keyring.PassphraseCommand) == 0 && there(passphraseVariable) == "" {
			found = append(found, variable{passphraseVariable, key})
		}
	case store.Pass:
		plain = append(plain, "PASSWORD_STORE_DIR", "GNUPGHOME")
	}
	home, _ := localfile.Home(d.Getenv)
	for _, file := range []struct {
		of, variable string
		find         func(getenv func(string) string, home string) (profiles.Target, error)
	}{{profiles.ForAWS, "AWS_CONFIG_FILE", profiles.AWS}, {profiles.ForDatabricks, "DATABRICKS_CONFIG_FILE", profiles.Databricks}} {
		if slices.ContainsFunc(entries, func(e profiles.Entry) bool { return e.For == file.of }) {
			ours, _ := file.find(d.Getenv, home)
			other, _ := file.find(there, home)
			add(ours.Path != other.Path, file.variable, "")
		}
	}
	add(here.ProfilePrefix != theirs.ProfilePrefix, "DBXACCESS_PROFILE_PREFIX", "profile_prefix")
	add(here.ProfileName != theirs.ProfileName, "DBXACCESS_PROFILE_NAME", "profile_name")
	for _, name := range plain {
		add(d.Getenv(name) != there(name), name, "")
	}
	proxy := httpclient.ProxyOf(d.Getenv)
	add(proxy.Host != httpclient.ProxyOf(there).Host, proxy.Variable, "")
	return found
}

// forDesktop says how variables are set for all programs: environment.d(5), launchctl(1).
func forDesktop(goos string, names []string) ui.Fix {
	if goos != "darwin" {
		return ui.Advice("write "+strings.Join(names, "=…, ")+"=… into ~/.config/environment.d/dbxaccess.conf, a line for each",
			"and sign in to the desktop again")
	}
	fix := ui.Advice("after each start of this Mac, before the other programs:")
	for _, name := range names {
		fix = append(fix, ui.Command(`launchctl setenv `+name+` "$`+name+`"`)...)
	}
	return fix
}

package use

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// clientLine is what a command line of the Databricks CLI says of what it is for.
type clientLine struct {
	words   []string // the command, its verb and an argument, as far as they are told from flags
	profile string
	host    string // of auth's commands
	target  string // of a bundle
	asks    bool   // for help or the version
}

// readClientLine reads the flags that all commands of the Databricks CLI have, which may stand anywhere before --.
// https://github.com/databricks/cli/blob/main/cmd/root/root.go
func readClientLine(args []string) (line clientLine) {
	values := map[string]*string{
		"--profile": &line.profile, "-p": &line.profile, "--target": &line.target, "-t": &line.target,
		"--host": &line.host, "--output": new(string), "-o": new(string), "--log-file": new(string), "--log-level": new(string), "--log-format": new(string),
		"--progress-format": new(string), "--environment": &line.target, "-e": &line.target,
	}
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		arg := args[i]
		name, value, joined := strings.Cut(arg, "=")
		if to := values[name]; to != nil {
			if !joined && i+1 < len(args) {
				i++
				value = args[i]
			}
			*to = value
			continue
		}
		switch {
		case slices.Contains([]string{"-h", "--help", "-v", "--version"}, arg):
			line.asks = true
		case len(arg) > 2 && values[arg[:2]] != nil && arg[1] != '-': // -pNAME
			*values[arg[:2]] = arg[2:]
		case !strings.HasPrefix(arg, "-") && len(line.words) < 3:
			line.words = append(line.words, arg)
		}
	}
	return line
}

// is reports whether the line begins with these words.
func (l clientLine) is(words ...string) bool {
	return len(l.words) >= len(words) && slices.Equal(l.words[:len(words)], words)
}

// wantsToken reports whether the command may ask a workspace something, and no credentials are there for it already: those of
// `exec`, or of the person's own.
func (l clientLine) wantsToken(getenv func(string) string) bool {
	local := []string{"", "help", "version", "completion", "__complete", "__completeNoDesc"}
	if l.asks || slices.Contains(local, first(l.words)) || l.is("auth", "profiles") {
		return false
	}
	if getenv("DATABRICKS_METADATA_SERVICE_URL") != "" {
		return false
	}
	// A profile that the line names wins over the environment.
	return l.profile != "" || !slices.ContainsFunc(ownCredentials(), func(name string) bool { return getenv(name) != "" })
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// ownCredentials are the variables by which the Databricks CLI signs in without a profile.
func ownCredentials() []string {
	return []string{
		"DATABRICKS_AUTH_TYPE", "DATABRICKS_TOKEN", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "DATABRICKS_CLIENT_ID",
		"DATABRICKS_CLIENT_SECRET", "DATABRICKS_AZURE_RESOURCE_ID", "DATABRICKS_GOOGLE_SERVICE_ACCOUNT", "GOOGLE_CREDENTIALS",
	}
}

// signsIn reports whether the command makes or ends a sign-in of the Databricks CLI's own.
func (l clientLine) signsIn() bool {
	return l.is("auth", "login") || l.is("auth", "logout") || l.is("auth", "switch") || l.is("configure")
}

// role finds the role that the line is for, and what its profile is called; none where it is not of dbxaccess.
func (l clientLine) role(ctx context.Context, env *cli.Env) (b *broker.Broker, r broker.Request, profile string, err error) {
	host, profile, err := l.named(env)
	if err != nil || l.signsIn() && l.profile == "" {
		return nil, r, "", err
	}
	file, err := env.DatabricksFile()
	if err != nil {
		return nil, r, "", err
	}
	var entry *profiles.Entry
	if profile == "" && host == "" {
		if profile, entry, err = defaultProfile(file); err != nil {
			return nil, r, "", err
		}
	} else if profile != "" {
		if entry, err = file.Find(profile); err != nil {
			return nil, r, "", err
		}
	}
	if entry != nil && (entry.Foreign(env.Getenv) != "" || entry.Helper == "") {
		return nil, r, "", nil
	}
	if b, err = env.Broker(ctx); err != nil {
		return nil, r, "", err
	}
	r, profile, err = roleAt(ctx, env, b, profile, host, entry)
	return b, r, profile, err
}

// roleAt is the role of a profile or, without one of ours, of a host.
func roleAt(
	ctx context.Context, env *cli.Env, b *broker.Broker, profile, host string, entry *profiles.Entry,
) (broker.Request, string, error) {
	none := broker.Request{}
	if profile == "" && host == "" {
		settings, err := env.Settings()
		if err != nil || settings.DefaultRole == "" {
			return none, "", err
		}
		return broker.Request{Role: settings.DefaultRole}, "", nil
	}
	view, err := b.View()
	if err != nil && entry == nil {
		return none, "", nil // no map, and nothing that names dbxaccess
	}
	if err != nil {
		return none, "", err
	}
	if identity, role, workspace, ours := view.RoleOfProfile(profile); ours {
		return broker.Request{Identity: identity, Role: role, Workspace: workspace}, profile, nil
	}
	place := access.Place{}
	if entry != nil {
		host, place = entry.Host, access.Place{AccountID: entry.AccountID, WorkspaceID: entry.WorkspaceID}
	}
	address, err := databricks.ParseAddress(host)
	if err != nil {
		return none, "", nil // the Databricks CLI says what is wrong with it
	}
	place.Host = address.Host
	place.AccountID, place.WorkspaceID = cmp.Or(place.AccountID, address.AccountID), cmp.Or(place.WorkspaceID, address.WorkspaceID)
	r, err := b.ForHost(ctx, place)
	if ui.IDOf(err) == "host-unknown" && entry == nil {
		return none, "", nil
	}
	return r, profile, err
}

// named is what the line, the environment or a bundle names, the first of them that does.
func (l clientLine) named(env *cli.Env) (host, profile string, err error) {
	asked := l.is("auth", "token")
	switch {
	case asked && len(l.words) > 2 && strings.ContainsAny(l.words[2], ".:"):
		return l.words[2], "", nil
	case asked && len(l.words) > 2:
		return "", l.words[2], nil
	case l.profile != "":
		return "", l.profile, nil
	case asked && l.host != "":
		return l.host, "", nil
	case env.Getenv("DATABRICKS_CONFIG_PROFILE") != "":
		return "", env.Getenv("DATABRICKS_CONFIG_PROFILE"), nil
	case env.Getenv("DATABRICKS_HOST") != "":
		return env.Getenv("DATABRICKS_HOST"), "", nil
	}
	return bundleNames(env.Getenv, l.target)
}

// defaultProfile is what the Databricks CLI takes where nothing is named: the default of the config file, else its section
// DEFAULT.
func defaultProfile(file profiles.Target) (string, *profiles.Entry, error) {
	name, err := file.DefaultProfile()
	if err != nil {
		return "", nil, err
	}
	entry, err := file.Find(cmp.Or(name, "DEFAULT"))
	if err != nil || entry == nil || entry.Host == "" {
		return name, nil, err
	}
	return entry.Name, entry, nil
}

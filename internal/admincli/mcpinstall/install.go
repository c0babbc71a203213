// Package mcpinstall is `mcp install`: it adds dbxaccess to the servers that a coding agent or an editor starts, and undoes that.
//
// In comes a client's name; out comes its configuration with our entry, after a diff was shown and a question answered. It must
// never write what was not shown, keep a byte of another's, or write a variable's value.
package mcpinstall

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/mcpclients"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// needed are the variables by which the program finds its settings, the keyring, and the way out. Their names are written where
// a client passes few, and only of those that are set: some clients make an empty text of one that is not.
var needed = []string{
	"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GNUPGHOME", "PASSWORD_STORE_DIR",
	"DBXACCESS_MAP", "DBXACCESS_KEYRING_BACKEND", "DBXACCESS_KEYRING_SERVICE", "DBXACCESS_KEYRING_PASSPHRASE_COMMAND",
	"AWS_CONFIG_FILE", "DATABRICKS_CONFIG_FILE", "AWS_CA_BUNDLE", "HTTPS_PROXY", "NO_PROXY",
}

// asked is the command line.
type asked struct {
	client            *mcpclients.Client
	project           string
	undo, dryRun, yes bool
}

// New is `install`.
func New(env *cli.Env) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "install CLIENT",
		Short: "Add dbxaccess to the MCP servers of a coding agent or an editor",
		Long: `Writes an entry that starts dbxaccess mcp into the configuration of a client: ` + strings.Join(mcpclients.Names(), ", ") + `. Without
--project it is the one for all of your projects, with --project DIR that of one project. The lines are shown first, and written after
a question. Nothing else in the file is touched, and a file that can't be read for certain is left alone.

The entry has the full path of this program, as clients start servers with few variables, and the names of those that the keyring is
found by; their values are looked up by the client, and not written. --undo takes out what was added.`,
		Example: "  dbxaccess mcp install claude-code\n  dbxaccess mcp install cursor --project . --dry-run\n  dbxaccess mcp install codex --undo",
		Args:    cli.OneArg("client"), ValidArgs: mcpclients.Names(),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if a.client, err = mcpclients.Find(args[0]); err != nil {
				return err
			}
			return run(cmd.Context(), env, a)
		},
	}
	cmd.Flags().StringVar(&a.project, "project", "", "for the project in a `directory`, instead of all of them")
	cmd.Flags().BoolVar(&a.undo, "undo", false, "take out what was added")
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, "show the lines, and write nothing")
	cmd.Flags().BoolVar(&a.yes, "yes", false, "without the question")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "yes")
	return cli.ForPeople(env, cmd) // what a client starts is for the person to say
}

func run(ctx context.Context, env *cli.Env, a asked) error {
	file, err := a.file(env)
	if err != nil {
		return err
	}
	program, err := programOf(env, a.client)
	if err != nil {
		return err
	}
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	kept := footprint.ServersIn(settings.Dir)
	edit := func(old []byte) (*mcpclients.Plan, error) {
		if a.undo {
			return a.client.Remove(file, old, kept.Files[file].Inserted)
		}
		return a.client.Install(file, old, program, kept.Files[file].Inserted)
	}
	before, err := atomicfile.Read(file)
	if err != nil {
		return err
	}
	plan, err := edit(before)
	switch {
	case err != nil:
		return err
	case a.project != "" && len(plan.Besides) > 0:
		return a.differs(file, plan.Besides)
	case plan.Diff == "" && a.undo:
		cli.SayUnchanged(env, "There is nothing of dbxaccess in "+ui.Clean(file)+".")
		return kept.Forget(file)
	case plan.Diff == "":
		cli.SayUnchanged(env, ui.Clean(file)+" has dbxaccess already.")
		return nil
	case a.dryRun:
		return ui.PrintDiff(env.Streams.Out, plan.Diff)
	}
	if err := confirm(ctx, env, a, file, plan); err != nil {
		return err
	}
	if plan, err = footprint.Edit(file, a.mode(), edit); err != nil {
		return err
	}
	if a.undo {
		made := kept.Files[file].Made
		if err := kept.Forget(file); err != nil {
			return err
		}
		env.Console.Info("dbxaccess: taken out of %s (%s).", a.client.Title, ui.Clean(file))
		return footprint.RemoveEmptied(file, made, plan)
	}
	if err := kept.Keep(file, footprint.ServerEntry{Client: a.client.Name, Inserted: plan.Inserted, Made: before == nil || kept.Files[file].Made}); err != nil {
		return err
	}
	env.Console.Info("dbxaccess: added to %s (%s); it is there when %s starts anew.", a.client.Title, ui.Clean(file), a.client.Title)
	if a.project != "" {
		env.Console.Info("The file may be shared with others, and %s is a path of this machine.", ui.Clean(program.Path))
	}
	return nil
}

// file is the client's file that is meant.
func (a asked) file(env *cli.Env) (string, error) {
	exists := func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	}
	if a.project == "" {
		home, err := localfile.Home(env.Getenv)
		if err != nil {
			return "", err
		}
		return a.client.UserFile(mcpclients.Places{Home: home, Getenv: env.Getenv, Exists: exists}), nil
	}
	dir, err := filepath.Abs(a.project)
	if err == nil {
		var info os.FileInfo
		if info, err = os.Stat(dir); err == nil && !info.IsDir() {
			err = os.ErrInvalid
		}
	}
	if err != nil {
		return "", ui.Errorf("mcp-project-missing", ui.Usage, "there is no directory %s", ui.Named(a.project)).
			With(ui.Advice("name the directory of a project with --project"))
	}
	file := a.client.ProjectFile(dir, exists)
	if file == "" {
		return "", ui.Errorf("mcp-project-unknown", ui.Usage, "%s has no configuration for a single project", a.client.Title).
			With(ui.Command("dbxaccess mcp install " + a.client.Name))
	}
	return file, a.inside(dir, file)
}

// mode is that of a new file: one in a project is for all who work there.
func (a asked) mode() os.FileMode {
	if a.project != "" {
		return 0o644
	}
	return 0o600
}

// programOf is dbxaccess, which stands beside the program that runs this command.
func programOf(env *cli.Env, c *mcpclients.Client) (mcpclients.Program, error) {
	self, err := env.Helper()
	if err != nil {
		return mcpclients.Program{}, err
	}
	path := filepath.Join(filepath.Dir(self.Path), "dbxaccess")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return mcpclients.Program{}, ui.Errorf("mcp-program-missing", ui.Failed, "there is no dbxaccess beside %s", ui.Clean(self.Path)).
			With(ui.Advice("install both programs in one directory, from the same release"))
	}
	p := mcpclients.Program{Path: path, Agent: c.Name}
	for _, name := range needed {
		if env.Getenv(name) != "" {
			p.Variables = append(p.Variables, name)
		}
	}
	return p, nil
}

// confirm shows the lines and asks.
func confirm(ctx context.Context, env *cli.Env, a asked, file string, plan *mcpclients.Plan) error {
	if err := ui.PrintDiff(env.Streams.Err, plan.Diff); err != nil || a.yes {
		return err
	}
	command := a.command(a.undo)
	if !env.Streams.Interactive {
		return ui.Errorf("mcp-install-unconfirmed", ui.Refused, "%s is changed after a question, and there is no terminal to ask at", ui.Clean(file)).
			With(ui.Command(command + " --yes"))
	}
	agreed, err := env.Streams.Confirm(ctx, "Write this to "+ui.Clean(file)+"?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("mcp-install-declined", ui.Refused, "nothing was changed").With(ui.Command(command))
	}
	return nil
}

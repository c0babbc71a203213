// Package jupytercmd is `jupyter`: kernels that run under a role.
package jupytercmd

import (
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/kernelspec"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `jupyter`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("jupyter", "Run notebooks under a role",
		`Installs kernels for Jupyter, VS Code and others that start one under dbxaccess exec: its credentials renew
themselves for as long as the kernel runs, and end with it.`,
		cli.ForPeople(env, newInstall(env)), newList(env), cli.ForPeople(env, newRemove(env)))
}

// place is where a kernel is installed, or looked for.
type place struct {
	environment bool
	prefix      string
}

func placeFlags(cmd *cobra.Command, p *place) {
	cmd.Flags().Bool("user", false, "for you, in every Python environment (the default)")
	cmd.Flags().BoolVar(&p.environment, "sys-prefix", false, "for the Python environment that is active")
	cmd.Flags().StringVar(&p.prefix, "prefix", "", "below a `directory`, such as that of a Python environment")
	cmd.MarkFlagsMutuallyExclusive("user", "sys-prefix", "prefix")
}

func (p place) dir(env *cli.Env) (string, error) {
	switch {
	case p.prefix != "":
		return kernelspec.PrefixDir(p.prefix)
	case p.environment:
		return kernelspec.EnvironmentDir(env.Getenv)
	}
	home, _ := localfile.Home(env.Getenv)
	return kernelspec.UserDir(env.Getenv, home)
}

// dirs are those in which Jupyter looks, or the one that is named.
func (p place) dirs(env *cli.Env) ([]string, error) {
	if p.prefix != "" || p.environment {
		dir, err := p.dir(env)
		return []string{dir}, err
	}
	home, _ := localfile.Home(env.Getenv)
	return kernelspec.Dirs(env.Getenv, home), nil
}

func newInstall(env *cli.Env) *cobra.Command {
	var (
		p                    place
		name, base, identity string
		force                bool
	)
	cmd := &cobra.Command{
		Use:   "install ROLE",
		Short: "Install a kernel that runs under a role",
		Long: `Writes a kernel (kernel.json) that starts another one under dbxaccess exec. It appears in Jupyter beside the
others, under the name of the role. Interrupting and restarting work as ever, since exec's program takes its place. Where a
login is needed, the kernel does not start, and Jupyter's log says which command signs in.`,
		Example: `  dbxaccess jupyter install ml-trainer
  dbxaccess jupyter install ml-trainer --sys-prefix --kernel python3 --name trainer`,
		Args: cli.OneArg("role"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(_ *cobra.Command, args []string) error {
			role := args[0]
			if err := known(env, role); err != nil {
				return err
			}
			to, err := p.dir(env)
			if err != nil {
				return err
			}
			dirs, err := p.dirs(env)
			if err != nil {
				return err
			}
			home, _ := localfile.Home(env.Getenv)
			kernel, err := kernelspec.Find(append(dirs, kernelspec.Dirs(env.Getenv, home)...), base)
			if err != nil {
				return err
			}
			if kernel == nil {
				return ui.Errorf("kernel-missing", ui.Failed, "Jupyter has no kernel %s here", ui.Clean(base)).
					With(ui.Command("python3 -m ipykernel install --user"), ui.Advice("or name another with --kernel, of those of: jupyter kernelspec list"))
			}
			helper, err := env.Helper()
			if err != nil {
				return err
			}
			command := []string{helper.Path, "exec", role}
			if identity != "" {
				command = append(command, "--identity", identity)
			}
			if name == "" {
				name = "dbx-" + role
			}
			under, err := kernel.Under(name, role, append(command, "--"), exec.LookPath)
			if err != nil {
				return err
			}
			settings, err := env.Settings()
			if err != nil {
				return err
			}
			if err := footprint.Remember(settings.Dir, filepath.Join(to, name)); err != nil { // uninstall has to find it
				return err
			}
			if err := under.Install(to, force); err != nil {
				return err
			}
			env.Console.Info("dbxaccess: the kernel %q is in %s", under.DisplayName, ui.Clean(under.Dir))
			return nil
		},
	}
	placeFlags(cmd, &p)
	cmd.Flags().StringVar(&name, "name", "", "of the kernel's `directory`; dbx-ROLE without it")
	cmd.Flags().StringVar(&base, "kernel", "python3", "the `kernel` to start, of those that Jupyter has")
	cmd.Flags().BoolVar(&force, "force", false, "replace a kernel of that name that is not of dbxaccess")
	cli.IdentityFlag(env, cmd, &identity)
	return cmd
}

// known refuses a role that the map does not have: the kernel would only say so when it is started.
func known(env *cli.Env, role string) error {
	m, _, err := env.Map()
	if err == nil {
		_, err = m.Effective(role)
	}
	return err
}

func newList(env *cli.Env) *cobra.Command {
	var (
		p      place
		output string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List the kernels of dbxaccess", Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dirs, err := p.dirs(env)
			if err != nil {
				return err
			}
			type row struct {
				Name        string `json:"name"`
				Role        string `json:"role"`
				DisplayName string `json:"display_name"`
				Directory   string `json:"directory"`
			}
			rows := []row{}
			for _, k := range kernelspec.List(dirs) {
				rows = append(rows, row{k.Name, k.Role, k.DisplayName, k.Dir})
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, map[string]any{"kernels": rows})
			}
			var cells [][]string
			for _, r := range rows {
				cells = append(cells, []string{r.Name, r.Role, r.DisplayName, r.Directory})
			}
			return ui.PrintTable(env.Streams.Out, []string{"NAME", "ROLE", "SHOWN AS", "DIRECTORY"}, cells)
		},
	}
	placeFlags(cmd, &p)
	cli.OutputFlag(cmd, &output)
	return cmd
}

func newRemove(env *cli.Env) *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Remove a kernel of dbxaccess", Args: cli.OneArg("kernel"),
		RunE: func(_ *cobra.Command, args []string) error {
			dirs, err := p.dirs(env)
			if err != nil {
				return err
			}
			k, err := kernelspec.Find(dirs, args[0])
			if err != nil {
				return err
			}
			if k == nil || k.Role == "" {
				return ui.Errorf("kernel-not-ours", ui.Failed, "there is no kernel %s of dbxaccess", ui.Clean(args[0])).
					With(ui.Command("dbxaccess jupyter list"))
			}
			if err := k.Remove(); err != nil {
				return err
			}
			env.Console.Info("dbxaccess: removed %s", ui.Clean(k.Dir))
			return nil
		},
	}
	placeFlags(cmd, &p)
	return cmd
}

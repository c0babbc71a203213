package use

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SignIn signs a person in who is present; identity is "" where it is for the map or the person to say which.
// role is "" but where a sign-in is to be made afresh for one: see access.StepUpError.
type SignIn func(ctx context.Context, env *cli.Env, identity, role string) error

// execOptions are the flags of exec.
type execOptions struct {
	request      broker.Request
	from         string // the socket that the credentials come from; "" for this machine's keyring
	also         []string
	socket       string
	ssh          string
	static       bool
	notify       bool
	noDatabricks bool
	shell        bool // no command was typed
}

// NewExec returns the constructor of `exec`, which has a person sign in who has not.
func NewExec(signIn SignIn) func(*cli.Env) *cobra.Command {
	return func(env *cli.Env) *cobra.Command { return newExec(env, signIn) }
}

func newExec(env *cli.Env, signIn SignIn) *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec [ROLE] [-- COMMAND [ARGS...]]",
		Short: "Run a program, or a shell, with a role's credentials",
		Long: `Runs a program with a role's credentials, AWS's and those of the role's Databricks workspace, and renews them
for as long as it runs: a process of dbxaccess's beside it serves them to AWS's and Databricks' SDKs on this machine's
loopback, from memory, and ends with it. What would win over them is taken out of the program's environment, such as
AWS_PROFILE and DATABRICKS_TOKEN, and its AWS and Databricks config files are empty ones of its own. Where your sign-in
ends meanwhile, that is said on the terminal; after dbxaccess login in another one it goes on.

Without COMMAND it is your shell ($SHELL), at a terminal. Without ROLE it is default_role of your settings, the only role you may take, or
the one you choose. Everything after -- is the program's own.

--static passes keys and a token in variables instead, for programs that know nothing else, such as ODBC drivers. These
are not renewed and usually expire after an hour; at least three quarters of their life are left, or what --for asks for.

Where the role works in several workspaces, the program's own Databricks config file has a profile for each, by the
same names as yours, and DATABRICKS_CONFIG_PROFILE names the first of them, or that of --workspace. With --static it has
the credentials of this one alone.

With one of --from-… the AWS credentials are not the role's own but vended to it for some data, and
DBXACCESS_LOCATION says what they reach: see dbxaccess credential-process.

--ssh runs it at another host instead, with ssh as you have configured it, or starts your shell there. Credentials go there
through the connection and end with it; your sign-in stays here. dbxaccess has to be installed there, and nothing else.

The program takes dbxaccess's place: same process, same terminal, and its exit code is the one you see
(on Windows it is started and waited for). 127 means that there is no such program, 126 that it can't
be run; other codes of dbxaccess itself, such as 4 where a login is needed, mean that nothing was run.`,
		Example: `  dbxaccess exec ml-trainer -- python train.py --epochs 300
  dbxaccess exec ml-trainer --scope churn -- aws s3 ls s3://acme-ml/churn/
  dbxaccess exec ml-trainer
  dbxaccess exec ml-trainer --static -- isql acme
  dbxaccess exec ml-trainer --ssh gpu-7 -- python train.py`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault // files
			}
			return env.CompleteRoles(cmd, args, typed)
		},
		Args: checkExecLine,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := args, []string(nil)
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				named, words = args[:dash], args[dash:]
			}
			o.from, o.shell = env.Getenv(serve.SocketVariable), len(words) == 0
			if o.shell && o.ssh == "" && !env.Streams.Interactive { // a job's, whose shell would read what was not meant for it, or end at once
				role := ""
				if len(named) > 0 {
					role = named[0]
				}
				return ui.Errorf("exec-shell-unattended", ui.Usage, "without a command it is a shell, and there is no terminal for one").
					With(ui.Command(execLine(cmd, role, nil)))
			}
			p, err := o.program(env, words, cmd.Flags().Changed("ssh"))
			if err != nil {
				return err
			}
			forAgent(env, words)
			env.HeldBy(os.Getpid(), p.name())
			return runExec(cmd.Context(), env, o, signIn, named, p)
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return ui.Errorf("", ui.Usage, "%w", cli.WrongFlag(cmd, err)).
			With(ui.Advice("the command's own flags go after --: " + execLine(cmd, "", nil)))
	})
	cmd.Flags().BoolVar(&o.static, "static", false, "pass keys and a token that expire and are not renewed")
	cmd.Flags().StringSliceVar(&o.also, "also", nil, "another `role`, by a profile of the program's own; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("also", env.CompleteRoles)
	cli.RunFlag(cmd, &o.request.Run)
	cmd.Flags().StringVar(&o.socket, "socket", "", "serve on a Unix socket at this `path` too, for containers and other hosts")
	cmd.Flags().StringVar(&o.ssh, "ssh", "", "run it at this `host`, with ssh; the sign-in stays here")
	cmd.Flags().BoolVar(&o.notify, "notify", false, "show on the desktop, too, what is said of credentials while the program runs")
	forFlag(cmd, &o.request.For)
	noDatabricksFlag(cmd, &o.noDatabricks)
	cli.IdentityFlag(env, cmd, &o.request.Identity)
	cli.ScopeFlag(env, cmd, &o.request.Scope)
	cli.WorkspaceFlag(env, cmd, &o.request.Workspace)
	cli.FromFlags(cmd, &o.request.From)
	cli.ReasonFlag(cmd, &o.request.Reason)
	cli.AgentFlag(env, cmd)
	return cmd
}

// runExec is the line from a role to its program: credentials, server, environment, and the program in our place.
func runExec(ctx context.Context, env *cli.Env, o execOptions, signIn SignIn, named []string, p program) error {
	if err := o.check(); err != nil {
		return err
	}
	wanted := o.request.For
	if !o.static { // what can't last as long is renewed all the more often
		o.request.Ahead, o.request.For = max(serve.AheadToken, wanted), 0
	}
	here := signIn
	if o.from != "" { // the sign-in is elsewhere
		here = nil
	}
	all, err := signingIn(ctx, env, o.request.Identity, here, func() ([]*granted, error) { return o.grants(ctx, env, named) })
	if err != nil {
		return err
	}
	if o.shell {
		o.announceShell(env, all[0])
	}
	if o.static {
		announceExpiry(env, all[0])
		return p.run(env, append(all[0].variables(), aboutVariables(all[0].request, env.Asker(), env.Getenv)...))
	}
	h := handover{Asker: env.Asker(), From: o.from, Socket: o.socket, Lent: o.ssh != "", Notify: o.notify}
	for _, g := range all {
		warnOfShortLife(env, g, wanted)
		if g.vended() {
			announceVended(env, g.keys)
		}
		role := hand(g)
		role.Least = wanted
		h.Roles = append(h.Roles, role)
	}
	if h.several() {
		if h.Helper, err = env.Helper(); err != nil {
			return err
		}
	}
	return runServed(ctx, env, h, p)
}

// announceShell says where a person is from here on, as nothing else on their screen need say it.
func (o *execOptions) announceShell(env *cli.Env, g *granted) {
	at := ""
	if o.ssh != "" {
		at = " at " + ui.Clean(o.ssh)
	}
	until := ", renewed while it is open"
	if end := g.end(o.static); !end.IsZero() {
		until = " until " + ui.Moment(end, env.Now(), "15:04")
	}
	env.Console.Info("dbxaccess: a shell%s as %s%s; exit leaves it", at, g.role, until)
}

// forAgent has a known agent's program get what that agent gets, where a person starts it. Who means otherwise says so. What an agent
// starts stays its own: the access map may leave another more.
func forAgent(env *cli.Env, words []string) {
	if len(words) == 0 || env.NamesAgent() || env.Asker().Agent != "" {
		return
	}
	if name := agent.OfLine(filepath.Base(words[0]), func() []string { return words }); name != "" {
		env.AsAgent(cli.Asker{Agent: name, By: "the program that is run"})
		env.Console.Info("dbxaccess: %s is the coding agent %s, and gets what the access map leaves agents; yours: --agent %s", ui.Clean(words[0]), name, agent.Nobody)
	}
}

// program is what takes our place: the command, or the ssh that runs it elsewhere.
func (o *execOptions) program(env *cli.Env, words []string, elsewhere bool) (program, error) {
	if elsewhere { // `--ssh "$UNSET"` must not mean this host
		return sshTo(env, o.ssh, words)
	}
	return findProgram(env.Getenv, words)
}

// check refuses what does not go together, and makes paths whole: the server works in another directory.
func (o *execOptions) check() (err error) {
	if err := checkFor(o.request.For); err != nil {
		return err
	}
	if o.static && (len(o.also) > 0 || o.socket != "" || o.notify) {
		return ui.Errorf("exec-static-serves-nothing", ui.Usage, "--also, --socket and --notify need what --static does without: a server").
			With(ui.Advice("leave --static out"))
	}
	if o.ssh != "" && (o.static || len(o.also) > 0 || o.socket != "") {
		return ui.Errorf("exec-ssh-one-role", ui.Usage, "--ssh has one role served at the other host, so it goes without --static, --also and --socket").
			With(ui.Advice("leave them out; another role takes another dbxaccess exec"))
	}
	if o.from != "" {
		if o.from, err = filepath.Abs(o.from); err != nil {
			return err
		}
	}
	if o.socket != "" {
		o.socket, err = filepath.Abs(o.socket)
	}
	return err
}

// grants are the credentials of the role, and of those that the program may name as well.
func (o *execOptions) grants(ctx context.Context, env *cli.Env, named []string) (all []*granted, err error) {
	get := func(r broker.Request, named []string) error {
		var g *granted
		if o.from != "" {
			g, err = grantFrom(ctx, env, o.from, r, named, !o.noDatabricks)
		} else {
			g, err = grant(ctx, env, r, named, !o.noDatabricks)
		}
		all = append(all, g)
		return err
	}
	if err := get(o.request, named); err != nil {
		return nil, err
	}
	for _, role := range o.also {
		r := o.request
		r.Reason = cmp.Or(r.Reason, all[0].request.Reason) // said at the terminal
		r.Scope, r.From, r.Workspace = nil, broker.Vended{}, ""
		if err := get(r, []string{role}); err != nil {
			return nil, err
		}
		last := len(all) - 1
		if slices.ContainsFunc(all[:last], func(g *granted) bool { return g.profile == all[last].profile }) {
			return nil, ui.Errorf("also-twice", ui.Usage, "the program would have the role %s twice, by one profile", ui.Clean(all[last].role)).
				With(ui.Advice("leave --also " + ui.Word(role) + " out"))
		}
	}
	return all, nil
}

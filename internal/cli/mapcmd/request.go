package mapcmd

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// requestFlags are the flags of `map request`.
type requestFlags struct {
	actions, groups        []string
	identity, file, output string
	until, reason          string
}

func newMapRequest(env *cli.Env) *cobra.Command {
	var flags requestFlags
	cmd := &cobra.Command{
		Use:   "request ROLE|DATASET",
		Short: "Work out how you come to a role or dataset, and what to send to whom",
		Long: `Says which membership would give you a role, or access to a dataset, as the map is; then the smallest changes of
the map that would, each with what it does and what comes along; and last a text to send to the map's contact, with
the change as a patch that "git apply" takes. It looks at who is signed in, or at --groups, or else at the map alone. It
changes nothing and sends nothing.`,
		Example: `  dbxaccess map request ml-trainer
  dbxaccess map request churn --action read --action write
  dbxaccess map request ml-admin --until 2027-01-31 --reason "audit 2027"
  dbxaccess map request churn --groups analysts,staff --map access-map.yaml
  dbxaccess map request churn -o json | jq -r .patch | git apply`,
		Args: cli.OneArg("role or dataset"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("groups") && len(flags.groups) == 0 { // as of an unset variable, which must not mean who is signed in
				return ui.Errorf("groups-empty", ui.Usage, "--groups names no group").With(ui.Command(cmd.CommandPath() + " " + args[0] + " --groups GROUP"))
			}
			return requestAccess(cmd.Context(), env, args[0], flags)
		},
	}
	cmd.Flags().Var(&actions{&flags.actions}, "action", "what to do with the dataset: `read|write|delete`; may be repeated (read if left out)")
	cmd.Flags().StringSliceVar(&flags.groups, "groups", nil, "ask for a person with these `groups`, instead of for who is signed in")
	cmd.Flags().StringVar(&flags.file, "map", "", "read this `file` instead of the map in use")
	cmd.Flags().StringVar(&flags.until, "until", "", "last `day` that a role is to be given, as in 2027-01-31, or a time")
	cmd.Flags().StringVar(&flags.reason, "reason", "", "why a role is to be given: a `text` that stands in the map with it")
	_ = cmd.RegisterFlagCompletionFunc("action", cobra.FixedCompletions(accessmap.Verbs(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("groups", cobra.NoFileCompletions)
	cli.IdentityFlag(env, cmd, &flags.identity)
	cli.OutputFlag(cmd, &flags.output)
	return cmd
}

// actions is a list of verbs in the map's order, each once.
type actions struct{ list *[]string }

func (a *actions) String() string {
	if a.list == nil {
		return ""
	}
	return strings.Join(*a.list, ",")
}
func (a *actions) Type() string { return "action" }
func (a *actions) Set(value string) error {
	for action := range strings.SplitSeq(value, ",") {
		if !slices.Contains(accessmap.Verbs(), action) {
			return fmt.Errorf("must be one of %s", strings.Join(accessmap.Verbs(), ", "))
		}
		*a.list = append(*a.list, action)
	}
	*a.list = slices.DeleteFunc(accessmap.Verbs(), func(action string) bool { return !slices.Contains(*a.list, action) })
	return nil
}

func requestAccess(ctx context.Context, env *cli.Env, name string, flags requestFlags) error {
	text, err := readText(env, flags.file)
	if err != nil {
		return err
	}
	m, err := accessmap.Parse(text.name, text.data)
	if err != nil {
		return err
	}
	ask, err := request.Find(m, name, flags.actions)
	if err != nil {
		return err
	}
	if flags.identity != "" {
		if _, err := access.Identity(m, flags.identity); err != nil {
			return err
		}
	}
	if ask.Until, err = endOf(flags.until, env.Now()); err != nil {
		return err
	}
	asker, err := whoAsks(ctx, env, m, flags)
	if err != nil {
		return err
	}
	const longest = 200 // as in the map
	if ask.Reason = strings.TrimSpace(flags.reason); ui.Cut(ask.Reason, longest) != ask.Reason {
		return ui.Errorf("reason-invalid", ui.Usage, "--reason is one line of at most %d characters", longest).With(ui.Command("dbxaccess map request " + name + " --reason TEXT"))
	}
	ask.By, ask.Only, ask.File, ask.Now = asker.by, flags.identity, text.patched, env.Now()
	answer, err := request.Work(m, text.data, ask)
	if err != nil {
		return err
	}
	reply := requestReply{
		ask: ask, m: m, asker: asker, answer: answer, about: text.about,
		letter: request.Letter{To: access.Contact(m), Who: asker.name, Groups: asker.groups, Map: text.about, Why: ask.Reason, Until: ask.End(m, answer.Ways)},
	}
	if answer.Endless != nil {
		reply.letter.NoWay = "what a role may do can't end; without --until: " + answer.Endless.Words()
	}
	if flags.output == "json" {
		return ui.PrintJSON(env.Streams.Out, reply.json())
	}
	return reply.print(env)
}

// endOf reads a day, which is the last one and whole, or a time; "" is no end.
func endOf(until string, now time.Time) (end time.Time, err error) {
	if until == "" {
		return time.Time{}, nil
	}
	if end, err = time.Parse(time.DateOnly, until); err == nil {
		end = end.AddDate(0, 0, 1)
	} else {
		end, err = time.Parse(time.RFC3339, until)
	}
	if err != nil || !end.After(now) {
		return time.Time{}, ui.Errorf("until-invalid", ui.Usage, "--until is a day to come, as in 2027-01-31, or a time, as in 2027-01-31T18:00:00Z, and not %s",
			ui.Named(ui.Cut(until, 80))).With(ui.Command("dbxaccess map request ROLE --until " + now.AddDate(0, 0, 90).Format(time.DateOnly)))
	}
	return end.UTC(), nil
}

// mapText is a map's file and what it is called.
type mapText struct {
	data    []byte
	name    string // in errors
	patched string // in patches
	about   string // for people: which map that is
}

// readText reads a named file, else the map in use, as far as that may be used.
func readText(env *cli.Env, file string) (text mapText, err error) {
	if file != "" {
		text = mapText{name: file, patched: patchName(file), about: ui.Clean(file)}
		text.data, err = source.Text(file)
		return text, err
	}
	if _, _, err := env.Map(); err != nil {
		return text, err
	}
	place, named, err := env.MapFile()
	if err != nil {
		return text, err
	}
	text = mapText{name: place, patched: patchName(place), about: ui.Clean(place)}
	if !named {
		origin, err := source.LoadOrigin(filepath.Dir(place))
		if err != nil {
			return text, err
		}
		text.patched = patchName(path.Base(filepath.ToSlash(origin.Display())))
		text.about = "the copy of " + origin.Display() + " that is in use here, SHA-256 " + origin.SHA256
		if signer := origin.Signer(); signer != "" {
			text.about += "; signed by " + signer + ", and to be signed again"
		}
	}
	text.data, err = source.Text(place)
	return text, err
}

// patchName is a file's name as a patch has it: relative, with slashes, in letters that every tool reads the same way.
func patchName(file string) string {
	name := path.Clean(filepath.ToSlash(file))
	if path.IsAbs(name) || filepath.IsAbs(file) || strings.HasPrefix(name, "../") {
		name = path.Base(name)
	}
	if !ui.IsPlain(name, "_./+-") || name == "." {
		return "access-map.yaml"
	}
	return name
}

// asker is who asks for access, as far as that is known.
type asker struct {
	name   string // "" where nobody is signed in
	groups []string
	by     []request.Holder
}

// whoAsks takes the groups that are named, else who is signed in. Where that can't be found out, it is nobody in particular.
func whoAsks(ctx context.Context, env *cli.Env, m *accessmap.Map, flags requestFlags) (asker, error) {
	if len(flags.groups) > 0 {
		identity, err := identityOfGroups(m, flags.identity)
		if err != nil {
			return asker{}, err
		}
		return asker{groups: flags.groups, by: []request.Holder{{Identity: identity, Claims: accessmap.Claims{Groups: flags.groups}}}}, nil
	}
	signIns, err := signedIn(ctx, env, flags.identity)
	if ctx.Err() != nil {
		return asker{}, err
	}
	if err != nil {
		if ui.CodeOf(err) == ui.LoginNeeded || errors.Is(err, source.ErrNoCopy) {
			env.Console.Info("Nobody is signed in, so this is about the map alone; --groups GROUP says whose way it is to be.")
		} else {
			env.Console.Warn(ui.Warning{ID: "request-for-nobody", What: "it is not known who asks, so this is about the map alone", Why: err.Error(),
				Fix: ui.Advice("name groups with --groups GROUP")})
		}
		return asker{}, nil
	}
	var who asker
	for _, s := range signIns {
		if m.Identities[s.Identity.Name] == nil { // of a map in another file
			continue
		}
		if who.name == "" {
			who.name = s.Session.Display()
		}
		who.groups = append(who.groups, s.Session.Groups...)
		who.by = append(who.by, request.Holder{Identity: s.Identity.Name, Claims: accessmap.Claims{Groups: s.Session.Groups, Values: s.Session.Claim}})
	}
	return who, nil
}

func signedIn(ctx context.Context, env *cli.Env, identity string) ([]*access.SignIn, error) {
	view, err := env.View(ctx)
	if err != nil {
		return nil, err
	}
	return view.SignIns(ctx, identity)
}

// identityOfGroups is the identity whose groups are meant: the one that is named, else the only one with rules on groups.
func identityOfGroups(m *accessmap.Map, named string) (string, error) {
	var with []string
	for name, identity := range m.Identities {
		if len(identity.Groups) > 0 {
			with = append(with, name)
		}
	}
	if named == "" && len(with) == 1 {
		return with[0], nil
	}
	identity, err := access.Identity(m, named)
	if err != nil {
		return "", err
	}
	return identity.Name, nil
}

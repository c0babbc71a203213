package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// WordFlag adds a flag that takes one of the allowed words; the first is the default.
func WordFlag(cmd *cobra.Command, value *string, name, short, usage string, allowed ...string) {
	*value = allowed[0]
	cmd.Flags().VarP(&word{value, allowed}, name, short, usage)
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

type word struct {
	value   *string
	allowed []string
}

func (w *word) String() string { return *w.value }
func (w *word) Type() string   { return strings.Join(w.allowed, "|") }
func (w *word) Set(s string) error {
	if !slices.Contains(w.allowed, s) {
		return fmt.Errorf("must be one of %s", strings.Join(w.allowed, ", "))
	}
	*w.value = s
	return nil
}

// OutputFlag adds -o text|json.
func OutputFlag(cmd *cobra.Command, value *string) {
	FormatFlag(cmd, value, "print `text` for people or json with stable field names", "text", "json")
}

// FormatFlag adds -o with formats of its own; the first, which is for people, is the default.
func FormatFlag(cmd *cobra.Command, value *string, usage string, formats ...string) {
	WordFlag(cmd, value, "output", "o", usage, formats...)
}

// IdentityFlag adds --identity, with completion.
func IdentityFlag(env *Env, cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "identity", "", "`identity` of the access map, where it has several")
	_ = cmd.RegisterFlagCompletionFunc("identity", env.completeIdentities)
}

// ScopeFlag adds --scope, with completion.
func ScopeFlag(env *Env, cmd *cobra.Command, value *[]string) {
	cmd.Flags().Var(&scope{names: value}, "scope", "narrow the AWS credentials to these `datasets` of the role; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("scope", env.CompleteDatasets)
}

// SubjectFlag adds --subject: people by the claim sub, for trust policies. A subject may have commas, as those of directories do; an empty one, as
// of `--subject "$UNSET"`, would let in nobody.
func SubjectFlag(cmd *cobra.Command, value *[]string) {
	cmd.Flags().Var(&subjects{value}, "subject", "let in the people with this `sub`, where AWS can't tell them apart; may be repeated")
}

type subjects struct{ list *[]string }

func (s *subjects) String() string { return "" }
func (s *subjects) Type() string   { return "sub" }
func (s *subjects) Set(value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("it names no subject")
	}
	*s.list = append(*s.list, value)
	return nil
}

// WorkspaceFlag adds --workspace, with completion.
func WorkspaceFlag(env *Env, cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "workspace", "", "`name` of one of the role's workspaces (the first where none is named)")
	_ = cmd.RegisterFlagCompletionFunc("workspace", env.completeWorkspaces)
}

// scope is a list of datasets that refuses empty names: `--scope "$UNSET"` must not mean everything.
type scope struct{ names *[]string }

func (s *scope) String() string {
	if s.names == nil {
		return ""
	}
	return strings.Join(*s.names, ",")
}
func (s *scope) Type() string { return "datasets" }
func (s *scope) Set(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		if name == "" {
			return errors.New("it names no dataset")
		}
		*s.names = append(*s.names, name)
	}
	return nil
}

// NoArgs is cobra's validator with our usage error.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return ui.Errorf("argument-unexpected", ui.Usage, "%s takes no argument, got %q", cmd.CommandPath(), args[0]).
			With(ui.Command(cmd.UseLine()))
	}
	return nil
}

// OneArg requires exactly one argument; what names it in the error.
func OneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return ui.Errorf("argument-missing", ui.Usage, "%s needs exactly one %s, got %d", cmd.CommandPath(), what, len(args)).
				With(ui.Command(cmd.UseLine()))
		}
		return nil
	}
}

// OneOf requires exactly one argument, which is one of these; what names it in the error.
func OneOf(what string, names []string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := OneArg(what)(cmd, args); err != nil {
			return ui.Errorf("", ui.CodeOf(err), "%w", err).With(ui.Advice("name one of: " + strings.Join(names, ", ")))
		}
		return nil
	}
}

// FirstArg requires an argument, behind which others may stand; what names it in the error.
func FirstArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return OneArg(what)(cmd, args)
		}
		return nil
	}
}

// MaybeRole takes one role or none: see PickRole.
func MaybeRole(cmd *cobra.Command, args []string) error { return MaybeOne("role")(cmd, args) }

// MaybeOne takes one argument or none; what names it in the error.
func MaybeOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return ui.Errorf("argument-unexpected", ui.Usage, "%s takes one %s, got %d arguments", cmd.CommandPath(), what, len(args)).
				With(ui.Command(cmd.UseLine()))
		}
		return nil
	}
}

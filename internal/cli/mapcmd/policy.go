package mapcmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type policyOptions struct {
	file, output string
	scope        []string
	compact      bool
}

func newMapPolicy(env *cli.Env) *cobra.Command {
	var o policyOptions
	cmd := &cobra.Command{
		Use:   "policy ROLE",
		Short: "Print the session policy that a role compiles to",
		Long: `Prints the JSON that is sent to AWS with the role, laid out on a terminal, else as it is sent, on one line. A session policy
narrows the IAM role's own permissions and never widens them: what it does not name is denied. Where what it denies has no room
beside what it allows, it is two policies, a line each.

Then it says how many of AWS's characters that takes, and what of it weighs most.`,
		Example: "  dbxaccess map policy ml-trainer\n  dbxaccess map policy ml-trainer --scope churn --map access-map.yaml\n" +
			"  dbxaccess map policy ml-trainer -o json | jq .",
		Args: cli.OneArg("role"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(_ *cobra.Command, args []string) error { return showPolicy(env, args[0], o) },
	}
	fileFlag(cmd, &o.file)
	cli.ScopeFlag(env, cmd, &o.scope)
	cli.FormatFlag(cmd, &o.output, "print `text` for people, laid out on a terminal, or json as it is sent", "text", "json")
	cmd.Flags().BoolVar(&o.compact, "compact", false, "as it is sent, on a terminal too")
	return cmd
}

func showPolicy(env *cli.Env, name string, o policyOptions) error {
	m, err := mapFrom(env, o.file)
	if err != nil {
		return err
	}
	policies, err := m.Policies(name, o.scope, time.Time{})
	if err != nil {
		return known(err, o.file)
	}
	if policies.Session == "" {
		env.Console.Info("Nothing narrows the role %s, so no session policy is sent: the permissions of its IAM role or permission set apply.",
			name)
		return nil
	}
	role, err := m.Effective(name)
	if err != nil {
		return err
	}
	for _, managed := range role.ManagedWithin(o.scope) {
		env.Console.Info("What %s allows is allowed too.", managed)
	}
	documents := []string{policies.Session}
	if policies.Layer != "" {
		env.Console.Info("What it denies has no room beside what it allows: the second policy is put on the session by " +
			"sts:GetScopedCredentials, and both have to allow what is done.")
		documents = append(documents, policies.Layer)
	}
	if _, terminal := env.Streams.Out.(*ui.Screen); terminal && o.output == "text" && !o.compact {
		for i, document := range documents {
			if documents[i], err = laidOut(document); err != nil {
				return err
			}
		}
	}
	if _, err := fmt.Fprintln(env.Streams.Out, strings.Join(documents, "\n")); err != nil {
		return err
	}
	return tellSize(env, m, name, o)
}

func laidOut(document string) (string, error) {
	var b bytes.Buffer
	err := json.Indent(&b, []byte(document), "", "  ")
	return b.String(), err
}

// tellSize says what of AWS's bound a role's session policy takes, what of it weighs most, and what would help where it is nearly full.
func tellSize(env *cli.Env, m *accessmap.Map, name string, o policyOptions) error {
	size, most, err := m.PolicySize(name, o.scope)
	if ui.IDOf(err) == policySize {
		warnOfSize(env, name, err)
		return nil
	}
	if err != nil {
		return err
	}
	whole, parts, err := m.PolicyWeights(name, o.scope)
	if err != nil {
		return err
	}
	// AWS packs policy and tags into the session token too, and refuses what does not fit there; how is not published:
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
	of := ""
	if whole > size {
		of = fmt.Sprintf(", the longer of two policies of %s together", thousands(whole))
	}
	note(env, fmt.Sprintf("%s of %s characters (%d %%%s), the end of a grant included.%s "+
		"Whether the session token has room for it and the tags, AWS says when it issues one.",
		thousands(size), thousands(most), 100*size/most, of, mostTakenBy(parts, whole)), "")
	if size > accessmap.NearlyFull {
		env.Console.Warn(ui.Warning{
			ID: "policy-nearly-full", Subject: "the session policy of role " + name,
			What: fmt.Sprintf("has %s of the %s characters that AWS takes", thousands(size), thousands(most)),
			Fix:  ui.Advice(lighter(parts, size)),
		})
	}
	return nil
}

// mostTakenBy names the heaviest parts, with their share of the whole.
func mostTakenBy(parts []accessmap.Weight, whole int) string {
	const told = 3
	if len(parts) < 2 {
		return ""
	}
	var texts []string
	for _, part := range parts[:min(len(parts), told)] {
		texts = append(texts, fmt.Sprintf("%s (%s, %d %%)", part.Part, thousands(part.Characters), 100*part.Characters/whole))
	}
	return " Most is taken by " + ui.And(texts) + "."
}

// lighter is what would make room, for who may change the map.
func lighter(parts []accessmap.Weight, size int) string {
	below := "put datasets that always go together below one prefix, as one dataset: a prefix stands in the policy twice"
	for _, part := range parts {
		if part.Dataset != "" {
			return fmt.Sprintf("give the dataset %s to a role of its own, without which this one has about %s, or %s",
				part.Dataset, thousands(size-part.Characters), below)
		}
	}
	return below
}

// thousands writes a number for people.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

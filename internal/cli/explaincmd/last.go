package explaincmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/refusal/judge"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// explainLast explains what dbxaccess met itself. Where the words are AWS's or Databricks', they are read as from a program;
// else dbxaccess said no by itself, and its own words and fix are the explanation.
func explainLast(ctx context.Context, env *cli.Env, o options, by judge.Asker) error {
	last, err := env.LastRefusal(ctx)
	if err != nil {
		return err
	}
	if last == nil {
		return ui.Errorf("no-last-refusal", ui.Failed, "no refusal is remembered").
			With(ui.Advice("it is kept for a day, and until dbxaccess login or dbxaccess doctor; what another program was refused is explained from its words: dbxaccess explain"))
	}
	if by.Role == "" && by.Map != nil && by.Map.Roles[last.Role] != nil {
		by.Role = last.Role
	}
	fix := ui.Fix(last.Fix).Clean()
	found, err := refusal.Read([]byte(last.Text))
	var a judge.Answer
	if err == nil && found.Kind != refusal.NotAuthorisation {
		a = judge.Of(found.Refusal, by)
	} else {
		found = refusal.Found{Refusal: refusal.Refusal{Kind: refusal.NotAuthorisation}}
		a = ours(last, by)
	}
	own := last.Text
	if o.output == "json" {
		a.Why = append([]string{last.Text}, a.Why...)
	}
	for _, step := range fix {
		if !strings.Contains(a.Next.String(), step.Text) {
			a.Next = append(a.Next, step)
		}
	}
	if o.output != "json" {
		env.Console.Info("At %s, %s.", last.At.Local().Format(time.DateTime), doing(last))
	}
	return show(env, o, found, a, own)
}

// ours is the answer where dbxaccess itself said no: by the map, where it is about a role that is not given.
func ours(last *cli.LastRefusal, by judge.Asker) judge.Answer {
	a := judge.Answer{Verdict: judge.Unknown}
	if by.Map == nil {
		return a
	}
	a.Contact = by.Map.Contact
	switch last.ID {
	case "role-not-given", "role-unknown", "no-roles", "scope-unknown":
		a.Verdict = judge.Denied
		a.Map = "does not give it, or not to whoever asked"
		if by.Map.Roles[last.Role] != nil {
			a.Next = ui.Command("dbxaccess map request " + last.Role)
		}
	}
	return a
}

// doing says what was refused, in words.
func doing(last *cli.LastRefusal) string {
	text := string(last.Activity) + " was refused"
	if last.Role != "" {
		text += fmt.Sprintf(" for role %s", ui.Clean(last.Role))
	}
	return text
}

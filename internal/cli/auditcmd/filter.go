package auditcmd

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// filterFlags are those by which records are picked.
type filterFlags struct {
	since, until, role, person, run, outcome string
}

// anyOutcome is the word for both.
const anyOutcome = "any"

func (f *filterFlags) add(env *cli.Env, cmd *cobra.Command) {
	f.addTime(cmd)
	cmd.Flags().StringVar(&f.role, "role", "", "records of a `role` of the access map")
	_ = cmd.RegisterFlagCompletionFunc("role", env.CompleteRoles)
	cmd.Flags().StringVar(&f.person, "person", "", "records of a `person`, by any name or e-mail address that the record has for them, by session name, subject or key")
	cmd.Flags().StringVar(&f.run, "run", "", "records of a run, by its `name`")
	cli.WordFlag(cmd, &f.outcome, "outcome", "", "records of what was `allowed`, refused, or any", anyOutcome, string(query.Allowed), string(query.Refused))
}

func (f *filterFlags) addTime(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.since, "since", "", "records since a `time`: 24h, 7d, or a date in UTC as 2026-03-01")
	cmd.Flags().StringVar(&f.until, "until", "", "records before a `time`, in the same words")
}

// filter is what is wanted.
func (f *filterFlags) filter(now time.Time) (q query.Filter, err error) {
	q = query.Filter{Role: f.role, Run: f.run, Person: f.person}
	if f.outcome != anyOutcome {
		q.Outcome = query.Outcome(f.outcome)
	}
	if q.Since, err = moment("--since", f.since, now); err != nil {
		return q, err
	}
	q.Until, err = moment("--until", f.until, now)
	if err == nil && !q.Until.IsZero() && !q.Until.After(q.Since) {
		err = ui.Errorf("time-invalid", ui.Usage, "nothing is before %s and since %s (UTC)", shown(q.Until), shown(q.Since)).
			With(ui.Advice("as in: --since 2026-03-01 --until 2026-04-01"))
	}
	return q, err
}

func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := query.Moment(text, now)
	if err != nil {
		return at, ui.Errorf("time-invalid", ui.Usage, "%s %s: %w", flag, ui.Named(text), err).With(ui.Advice("as in: " + flag + " 7d"))
	}
	return at, nil
}

func shown(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

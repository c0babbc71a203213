package auditcmd

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/prune"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type pruneOptions struct {
	before, output string
	unsent, yes    bool
}

// pruned is the object of `audit prune -o json`.
type pruned struct {
	Before  time.Time    `json:"before"`
	Removed []prunedFile `json:"removed"`
	Kept    []prunedFile `json:"kept"`
}

type prunedFile struct {
	File    string    `json:"file"`
	Records int       `json:"records"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Bytes   int64     `json:"bytes"`
	Why     string    `json:"why,omitzero"` // it is kept
}

func newPrune(env *cli.Env) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use:   "prune --before TIME",
		Short: "Remove the oldest files of the record",
		Long: `Removes files of this machine's record whose records are all older than a time, the oldest first, after a question. The newest file
stays, and so does what a sink of the settings has not got, unless --unsent is given, and what the rest could not be verified without.

What is removed proves nothing any more, and audit verify says so: where the record begins. Look with audit verify before, and keep the head
that audit key prints.`,
		Example: "  dbxaccess audit prune --before 400d\n  dbxaccess audit prune --before 2026-01-01 --yes -o json",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPrune(cmd.Context(), env, o)
		},
	}
	cmd.Flags().StringVar(&o.before, "before", "", "remove what is older than a `time`: 400d, 52w, or a date in UTC as 2026-03-01")
	cmd.Flags().BoolVar(&o.unsent, "unsent", false, "also what a sink of the settings has not got")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "without a question")
	cli.OutputFlag(cmd, &o.output)
	return cli.ForPeople(env, cmd)
}

func runPrune(ctx context.Context, env *cli.Env, o pruneOptions) error {
	if o.before == "" {
		return ui.Errorf("audit-prune-when", ui.Usage, "which records are old is not said").With(ui.Command("dbxaccess audit prune --before 400d"))
	}
	before, err := moment("--before", o.before, env.Now())
	if err != nil {
		return err
	}
	files, err := plan(ctx, env, before, o.unsent)
	if err != nil {
		return err
	}
	var going int
	for going < len(files) && files[going].Stays == "" {
		going++
	}
	if o.output != "json" {
		if err := printPlan(env, files, going); err != nil {
			return err
		}
	}
	if going > 0 {
		if err := confirmPrune(ctx, env, o, going); err != nil {
			return err
		}
		if err := prune.Remove(files); err != nil {
			return ui.Errorf("audit-prune-failed", ui.Failed, "the oldest files of the record could not all be removed: %w", err).
				With(ui.Command("dbxaccess audit prune --before " + ui.Word(ui.Clean(o.before))))
		}
		env.Console.Info("Removed %s.", ui.Count(going, "file", "files"))
	}
	if o.output != "json" {
		return nil
	}
	return ui.PrintJSON(env.Streams.Out, answerOf(before, files))
}

// plan says what goes of this machine's record.
func plan(ctx context.Context, env *cli.Env, before time.Time, unsent bool) ([]prune.File, error) {
	dir, err := env.RecordDir()
	if err != nil {
		return nil, err
	}
	paths, err := audit.Files(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	if len(paths) == 0 {
		return nil, nil
	}
	known, err := env.RecordKnown(ctx)
	if err != nil {
		return nil, err
	}
	var needs []prune.Need
	if known.Head != nil {
		path, err := holding(paths, *known.Head)
		if err != nil {
			return nil, err
		}
		needs = append(needs, prune.Need{File: path, Who: "it has the record that the keyring knows as the last"})
	}
	if !unsent {
		settings, err := env.Settings()
		if err != nil {
			return nil, err
		}
		for _, s := range settings.Audit.Sinks {
			at, _ := sent.PlaceOf(settings.Dir, s.Name, s.Place()).Load().Find(paths)
			needs = append(needs, prune.Need{File: paths[at], Who: "the sink " + s.Name + " has not got all of it, as far as is known here"})
		}
	}
	defer env.Console.Progress("reading the record")()
	files, err := prune.Plan(paths, known.Key, before, needs)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	return files, nil
}

// holding is the file that has the keyring's head. A record without it is not as it was written, and nothing is taken from it.
func holding(paths []string, head audit.Head) (string, error) {
	for i := len(paths) - 1; i >= 0; i-- {
		line, err := audit.FindHead(paths[i], head)
		if err != nil {
			return "", unreadable(paths[i], err)
		}
		if line > 0 {
			return paths[i], nil
		}
	}
	return "", ui.Errorf("audit-prune-not-whole", ui.Refused, "the record that the keyring knows as the last is in none of the files").
		With(ui.Command("dbxaccess audit verify"))
}

func printPlan(env *cli.Env, files []prune.File, going int) error {
	var rows [][]string
	for _, f := range files[:going] {
		rows = append(rows, []string{f.Name(), strconv.Itoa(f.Records), shown(f.From), shown(f.To), strconv.FormatInt(f.Bytes, 10)})
	}
	if going > 0 {
		if err := ui.PrintTable(env.Streams.Out, []string{"FILE", "RECORDS", "FROM (UTC)", "TO (UTC)", "BYTES"}, rows); err != nil {
			return err
		}
	}
	if going < len(files) {
		env.Console.Info("%s", ui.Clean(fmt.Sprintf("From %s on, the record stays: %s.", files[going].Name(), files[going].Stays)))
	} else {
		env.Console.Info("Nothing is recorded on this machine.")
	}
	return nil
}

// confirmPrune asks before anything is removed.
func confirmPrune(ctx context.Context, env *cli.Env, o pruneOptions, going int) error {
	if o.yes {
		return nil
	}
	command := "dbxaccess audit prune --before " + ui.Word(ui.Clean(o.before))
	if o.unsent {
		command += " --unsent"
	}
	if !env.Streams.Interactive {
		return ui.Errorf("audit-prune-unconfirmed", ui.Refused, "files of the record are removed after a question, and there is no terminal to ask at").
			With(ui.Command(command + " --yes"))
	}
	agreed, err := env.Streams.Confirm(ctx, "Remove "+ui.Count(going, "file", "files")+" of the record for good?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("audit-prune-refused", ui.Refused, "nothing was removed").With(ui.Command(command))
	}
	return nil
}

func answerOf(before time.Time, files []prune.File) pruned {
	p := pruned{Before: before.UTC(), Removed: []prunedFile{}, Kept: []prunedFile{}}
	for _, f := range files {
		one := prunedFile{f.Name(), f.Records, f.From, f.To, f.Bytes, f.Stays}
		if f.Stays == "" {
			p.Removed = append(p.Removed, one)
		} else {
			p.Kept = append(p.Kept, one)
		}
	}
	return p
}

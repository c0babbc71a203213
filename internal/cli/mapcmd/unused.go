package mapcmd

import (
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/unused"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// unusedFlags are the flags of `map unused`.
type unusedFlags struct{ trace, since, file, output string }

func newMapUnused(env *cli.Env) *cobra.Command {
	var flags unusedFlags
	cmd := &cobra.Command{
		Use:   "unused",
		Short: "Find grants that nobody used, as a patch that takes them away",
		Long: `Says which grants of the map (group, role, dataset, verb) nobody used, after what could not be seen, and ends with a patch that
takes them away, for "git apply". It changes nothing.

With --trace it goes by what dbxaccess audit trace -o json printed: a file, or - for standard input. A grant stays where a use of it could
have gone unseen: no such event in the bucket's log, accesses that nobody is known of, rules for groups that the map does not name, roles that
jobs take. What a role inherits goes where it stands, and only if nobody else who inherits it used it.

With --since alone it goes by the record of this machine, which tells who was issued which role here, and nothing of data or of
others' machines.`,
		Example: `  dbxaccess audit trace --cloudtrail logs/ -o json > trace.json && dbxaccess map unused --trace trace.json
  dbxaccess map unused --trace trace.json --map access-map.yaml -o json | jq -r .patch | git apply
  dbxaccess map unused --since 90d -o md`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error { return findUnused(env, flags) },
	}
	cmd.Flags().StringVar(&flags.trace, "trace", "", "go by this `file` of audit trace -o json; - is standard input")
	cmd.Flags().StringVar(&flags.since, "since", "", "go by this machine's record since a `time`: 90d, or a date in UTC as 2026-03-01")
	cmd.Flags().StringVar(&flags.file, "map", "", "read this `file` instead of the map in use")
	cli.FormatFlag(cmd, &flags.output, "print `text` for people, Markdown for a pull request, or json with stable field names", "text", "json", "md")
	return cmd
}

// unusedReply is the answer; its JSON is a contract.
type unusedReply struct {
	By      string          `json:"by"`                // trace or record
	Since   *time.Time      `json:"since,omitempty"`   // of a record
	Map     string          `json:"map"`               // that the patch is for
	Unseen  []unused.Unseen `json:"could_not_be_seen"` // before all else
	Unused  []unused.Grant  `json:"unused"`
	Changes []string        `json:"changes"` // what the patch does
	Patch   string          `json:"patch,omitempty"`
}

func findUnused(env *cli.Env, flags unusedFlags) error {
	if (flags.trace == "") == (flags.since == "") {
		return ui.Errorf("unused-by-what", ui.Usage, "what was used is told by a trace or by the record of this machine: one of the two").
			With(ui.Command("dbxaccess map unused --trace FILE", "dbxaccess map unused --since 90d"))
	}
	text, err := readText(env, flags.file)
	if err != nil {
		return err
	}
	m, err := accessmap.Parse(text.name, text.data)
	if err != nil {
		return err
	}
	reply := &unusedReply{By: "trace", Map: text.about, Changes: []string{}}
	var found unused.Answer
	if flags.trace != "" {
		t, err := traceFrom(env, flags.trace)
		if err != nil {
			return err
		}
		found, reply.Unseen = unused.ByTrace(m, t, env.Now())
	} else {
		since, err := query.Moment(flags.since, env.Now())
		if err != nil {
			return ui.Errorf("time-invalid", ui.Usage, "--since %s: %w", ui.Named(flags.since), err).With(ui.Advice("as in: --since 90d"))
		}
		issued, err := issuedHere(env, since)
		if err != nil {
			return err
		}
		reply.By, reply.Since = "record", &since
		found, reply.Unseen = unused.ByRecord(m, issued, env.Now())
		if n := issued.LeftOut(); n > 0 {
			env.Console.Warn(ui.Warning{
				What: "left out of the record: " + ui.Count(int(n), "line", "lines") + ", no record or changed since; as uses may have stood there, nothing is taken away",
				Fix:  ui.Command("dbxaccess audit verify"),
			})
		}
	}
	if err := reply.patched(m, text, found); err != nil {
		return err
	}
	return reply.print(env, flags)
}

// patched works out the patch.
func (r *unusedReply) patched(m *accessmap.Map, text mapText, found unused.Answer) error {
	var removals []request.Removal
	for _, rule := range found.Rules {
		removals = append(removals, request.Removal{Identity: rule.Identity, Group: rule.Group, Role: rule.Role})
	}
	for _, line := range found.Lines {
		removals = append(removals, request.Removal{Role: line.Role, Dataset: line.Dataset, Verb: line.Verb})
	}
	removed, err := request.Remove(m, text.data, text.patched, removals)
	if err != nil {
		return err
	}
	for _, left := range removed.Left {
		if left.Dataset != "" {
			found.KeepLine(unused.Line{Role: left.Role, Dataset: left.Dataset, Verb: left.Verb})
		} else {
			found.KeepRule(unused.Rule{Identity: left.Identity, Group: left.Group, Role: left.Role})
		}
	}
	for _, c := range removed.Changes {
		r.Changes = append(r.Changes, c.Text)
	}
	r.Unused, r.Patch = found.Unused, removed.Patch
	return nil
}

// traceFrom reads a trace.
func traceFrom(env *cli.Env, path string) (*unused.Trace, error) {
	in := env.Streams.In
	if path != "-" {
		info, err := os.Stat(path) // before it is opened, which waits at a pipe
		if err == nil && !info.Mode().IsRegular() {
			err = localfile.ErrNotRegular
		}
		var file *os.File
		if err == nil {
			file, err = os.Open(path)
		}
		if err != nil {
			return nil, ui.Errorf("unused-trace-unreadable", ui.Failed, "reading the trace: %w", err).With(localfile.Remedy(path, err))
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	t, err := unused.ReadTrace(in)
	switch {
	case errors.Is(err, unused.ErrNotWhole), errors.Is(err, unused.ErrTooMany):
		return nil, ui.Errorf("unused-trace-not-whole", ui.Failed, "by this trace nothing can be called unused: %w", err).
			With(ui.Advice("trace once more, what is missing or in parts: dbxaccess audit trace"))
	case err != nil:
		return nil, ui.Errorf("unused-trace-invalid", ui.Failed, "reading the trace: %s", ui.Cut(ui.Clean(err.Error()), 200)).
			With(ui.Command("dbxaccess audit trace --cloudtrail FILE -o json > trace.json"))
	}
	return t, nil
}

// issuedHere is what the record of this machine tells of roles. Lines that can't be read, or are not the ones whose hash they state, are left
// out: by one that was edited, a role that somebody took would look unused.
func issuedHere(env *cli.Env, since time.Time) (*unused.Issued, error) {
	dir, err := env.RecordDir()
	if err != nil {
		return nil, err
	}
	issued := unused.NewIssued(since)
	for entry, err := range audit.ReadDir(dir) {
		if damage, ok := errors.AsType[*audit.Damage](err); ok {
			if !damage.Torn {
				issued.LeaveOut()
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if !entry.Intact() {
			issued.LeaveOut()
			continue
		}
		issued.Add(&entry.Record)
	}
	return issued, nil
}

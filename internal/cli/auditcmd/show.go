package auditcmd

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxShown bounds what is told of one thing: a key may have been served thousands of times.
const maxShown = 200

func newShow(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show ID [FILE...]",
		Short: "Show all that is recorded of one event or access key",
		Long: `Shows whole records: that of an ID, as audit list -o json has it, or of its number in the table of audit list; or all of one access
key, as CloudTrail names it (ASIA…), those that it was made from and those that were made from it included. With FILE they are looked
for in these files.

json is an object with the list records, csv has a row for each, ocsf are the lines of the record as they are.`,
		Example: "  dbxaccess audit show 17\n  dbxaccess audit show ASIAXAMPLE5WPBT3MHJZ",
		Args:    cli.FirstArg("ID, number or access key"),
		RunE: func(_ *cobra.Command, args []string) error {
			var to printer = &wholePrinter{to: bufio.NewWriter(env.Streams.Out), screen: env.Streams.Out}
			if output != "text" {
				to = printerOf(env, output, 0)
			}
			return show(env, args[0], args[1:], to)
		},
	}
	cli.FormatFlag(cmd, &output, "print `text` for people, json, csv or ocsf", "text", formatJSON, formatCSV, formatOCSF)
	return cmd
}

func show(env *cli.Env, id string, files []string, to printer) error {
	r, err := open(env, files)
	if err != nil {
		return err
	}
	defer env.Console.Progress("reading the record")()
	people, err := r.people(to.namesAtOnce())
	if err != nil {
		return err
	}
	found, more := 0, 0
	for e, err := range r.entries(true) {
		switch {
		case err != nil:
			return err
		case !isOf(e, id):
			continue
		case found == maxShown:
			more++
			continue
		}
		found++
		if err := to.print(e, people); err != nil {
			return err
		}
	}
	if found == 0 {
		return ui.Errorf("record-not-found", ui.Failed, "the record has nothing of %s", ui.Named(id)).
			With(ui.Command("dbxaccess audit list"), ui.Advice("what another machine issued stands in that machine's record"))
	}
	if err := to.end(people); err != nil {
		return err
	}
	if more > 0 {
		env.Console.Info("%s more: dbxaccess audit export has all.", ui.Count(more, "record", "records"))
	}
	return r.whole()
}

// isOf reports whether an entry is the one of an ID or a number, or of an access key.
func isOf(e *audit.Entry, id string) bool {
	return id == idOf(e) || id == strconv.FormatUint(e.Sequence, 10) || e.AccessKeyID != "" && (id == e.AccessKeyID || id == e.ParentAccessKeyID)
}

// wholePrinter prints records as lines of name and value.
type wholePrinter struct {
	to     *bufio.Writer
	screen io.Writer
	begun  bool
}

func (*wholePrinter) namesAtOnce() bool { return true }

func (p *wholePrinter) print(e *audit.Entry, people *query.People) error {
	if p.begun {
		fmt.Fprintln(p.to)
	}
	p.begun = true
	values, err := valuesOf(shownOf(e, people))
	if err != nil {
		return err
	}
	widest := 0
	for _, v := range values {
		widest = max(widest, len(v[0]))
	}
	for _, v := range values {
		indent := widest + 2
		fmt.Fprintf(p.to, "%-*s%s\n", indent, v[0], ui.Fold(ui.Clean(v[1]), ui.Columns(p.screen), indent))
	}
	return nil
}

func (p *wholePrinter) end(*query.People) error { return p.to.Flush() }

// first are the members that a person looks for; the others follow by their names.
var first = []string{"id", "time", "activity", "outcome", "refused", "person", "role", "group", "run", "reason", "access_key_id", "expires"}

// valuesOf are the members of a record as JSON has them, so that a new one is not forgotten here.
func valuesOf(s shownRecord) (values [][2]string, err error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	for name, v := range members {
		values = append(values, [2]string{name, valueOf(v)})
	}
	place := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortFunc(values, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(place(a[0]), place(b[0])), strings.Compare(a[0], b[0]))
	})
	return values, nil
}

// valueOf writes a value in one line.
func valueOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, valueOf(one))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		var all []string
		for name, one := range v {
			all = append(all, name+" "+valueOf(one))
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	text, _ := json.Marshal(v) // a number or true
	return string(text)
}

package account

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/upgrade"
)

// show is the answer: what goes, what stays, and what is the person's to do.
func (u uninstalling) show(env *cli.Env, left *leftovers) error {
	if u.output == "json" {
		return ui.PrintJSON(env.Streams.Out, left)
	}
	if err := showGoing(env.Streams.Out, left); err != nil {
		return err
	}
	return showByHand(env.Streams.Out, left, env.Version.Module)
}

// showGoing lists what goes, and what stays.
func showGoing(w io.Writer, left *leftovers) error {
	if err := showItems(w, "dbxaccess left this on the machine:", left.Removes); err != nil {
		return err
	}
	err := showItems(w, "This stays:", left.Keeps)
	if err == nil && slices.ContainsFunc(left.Keeps, func(item footprint.Item) bool { return item.Kind == footprint.Record }) {
		_, err = fmt.Fprintln(w, "  The record goes with: dbxaccess uninstall --record")
	}
	return err
}

// showItems lists items, those of one place below it.
func showItems(w io.Writer, heading string, items []footprint.Item) error {
	if len(items) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintln(&b, ui.Paint(w, ui.Bold, heading))
	for i := 0; i < len(items); {
		const indent = 4
		item := items[i]
		if i == 0 || items[i-1].Path != item.Path {
			fmt.Fprintf(&b, "  %s\n", ui.Clean(item.Path))
		}
		same := alike(items[i:])
		fmt.Fprintf(&b, "    %s\n", ui.Hang(w, ui.Clean(same.String()), indent))
		i += len(same)
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// likes are items of one place and one sort.
type likes []footprint.Item

// alike are the first of the items: profile entries go together, and so does what has no name that says something to people.
func alike(items []footprint.Item) likes {
	first := items[0]
	i := slices.IndexFunc(items, func(item footprint.Item) bool {
		return item.Path != first.Path || item.Kind != first.Kind || item.What != first.What
	})
	switch {
	case first.Kind == footprint.Profile || !named(first):
	default:
		i = 1
	}
	if i < 0 {
		i = len(items)
	}
	return items[:i]
}

// named: the names of what a keyring holds say nothing to people.
func named(item footprint.Item) bool {
	return item.Name != "" && item.Kind != footprint.Session && item.Kind != footprint.Record
}

func (l likes) String() string {
	first := l[0]
	switch {
	case first.Kind == footprint.Profile:
		var names []string
		for _, item := range l {
			names = append(names, item.Name)
		}
		return ui.Count(len(l), "profile entry", "profile entries") + ": " + ui.Some(names, 6)
	case named(first):
		return first.Name + ": " + first.What
	case len(l) > 1:
		return fmt.Sprintf("%s (%d of them)", first.What, len(l))
	}
	return first.What
}

// warnOfRunning names the programs that live on credentials which are served to them.
func warnOfRunning(env *cli.Env, running []beside.Served) {
	if len(running) == 0 {
		return
	}
	var names []string
	for _, s := range running {
		names = append(names, fmt.Sprintf("%s (%d)", ui.OrDash(ui.Clean(s.Program)), s.PID))
	}
	env.Console.Warn(ui.Warning{
		ID: "programs-served", What: "still running with credentials that dbxaccess exec serves: " + ui.Some(names, 6),
		Why: "they get no new ones after this", Fix: ui.Advice("end them first"),
	})
}

// showByHand says what is left to do, as commands where one does it.
func showByHand(w io.Writer, left *leftovers, module bool) error {
	var lines, programs []footprint.Item
	for _, item := range left.ByHand {
		if item.Kind == footprint.Program {
			programs = append(programs, item)
		} else {
			lines = append(lines, item)
		}
	}
	if err := showItems(w, "Take out these lines yourself:", lines); err != nil || len(programs) == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "%s\n  %s\n", ui.Paint(w, ui.Bold, "Then remove the program:"), ui.HangFix(w, removalOf(programs, module), 2))
	return err
}

// removalOf is how the programs go: as they came.
func removalOf(programs []footprint.Item, module bool) ui.Fix {
	way, _ := upgrade.At(programs[0].Path, module)
	var paths []string
	for _, p := range programs {
		paths = append(paths, p.Path)
	}
	return way.Removal(paths)
}

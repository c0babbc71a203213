package account

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// show is the answer: what goes, what stays, and what is the person's to do.
func (u uninstalling) show(env *cli.Env, left *leftovers) error {
	if u.output == "json" {
		return ui.PrintJSON(env.Streams.Out, left)
	}
	if err := showGoing(env.Streams.Out, left); err != nil {
		return err
	}
	return showByHand(env.Streams.Out, left)
}

// showGoing lists what goes, and what stays.
func showGoing(w io.Writer, left *leftovers) error {
	if err := showItems(w, "dbxaccess left this on the machine:", left.Removes); err != nil {
		return err
	}
	return showItems(w, "This stays:", left.Keeps)
}

// showItems lists items, those of one place below it.
func showItems(w io.Writer, heading string, items []footprint.Item) error {
	if len(items) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintln(&b, ui.Paint(w, ui.Bold, heading))
	for i, item := range items {
		const indent = 4
		if i == 0 || items[i-1].Path != item.Path {
			fmt.Fprintf(&b, "  %s\n", ui.Clean(item.Path))
		}
		what := item.What
		if item.Name != "" && item.Kind != footprint.Session && item.Kind != footprint.Record { // whose names say nothing to people
			what = item.Name + ": " + what
		}
		fmt.Fprintf(&b, "    %s\n", ui.Hang(w, ui.Clean(what), indent))
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// showByHand says what is left to do, as commands where one does it.
func showByHand(w io.Writer, left *leftovers) error {
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
	_, err := fmt.Fprintf(w, "%s\n  %s\n", ui.Paint(w, ui.Bold, "Then remove the program:"), ui.HangFix(w, removalOf(programs), 2))
	return err
}

// removalOf is how the programs go, by where they are.
func removalOf(programs []footprint.Item) ui.Fix {
	path := programs[0].Path
	lies, err := filepath.EvalSymlinks(path)
	if err != nil {
		lies = path
	}
	lies = filepath.ToSlash(lies)
	switch {
	case strings.Contains(lies, "/Cellar/") || strings.Contains(lies, "/Caskroom/"):
		return ui.Command("brew uninstall dbxaccess")
	case strings.HasPrefix(lies, "/nix/store/"):
		return ui.Advice("take dbxaccess out of your Nix profile or configuration")
	case strings.HasPrefix(lies, "/usr/bin/"):
		return ui.Advice("with what installed it, such as: sudo apt remove dbxaccess, or: sudo dnf remove dbxaccess")
	}
	remove := "rm"
	if runtime.GOOS == "windows" {
		remove = "Remove-Item"
	}
	for _, p := range programs {
		remove += " " + ui.Word(ui.Clean(p.Path))
	}
	return ui.Command(remove)
}

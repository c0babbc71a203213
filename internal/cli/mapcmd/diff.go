package mapcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// failOnWiden is the word of --fail-on.
const failOnWiden = "widen"

func newMapDiff(env *cli.Env) *cobra.Command {
	var output, failOn string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say in words what a new version of a map gives and takes",
		Long: `Compares two files; - is standard input. First comes what people and workloads gain and lose, wherever that comes
from: a rule, a role that inherits, a dataset that has moved. Then comes each change of the map itself. A merely renamed dataset
gives nobody anything; a role with another name is another role, and widens. Last comes to how much of it people are asked to
agree, as dbxaccess init asks: that goes by the lines of the map, so they may be asked although nobody gains anything.

It ends with 0 whatever differs. With --fail-on widen it ends with 1 where anything widens, for a check on a pull request; -o md
writes the comment.`,
		Example: "  dbxaccess map diff old.yaml new.yaml\n" +
			"  git show main:access-map.yaml | dbxaccess map diff - access-map.yaml -o md --fail-on widen",
		Args: twoFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			old, next, err := twoMaps(env, args[0], args[1])
			if err != nil {
				return err
			}
			difference, err := interruptible(cmd.Context(), func() (*answer.Difference, error) { return answer.Diff(old, next, env.Now()), nil })
			if err != nil {
				return err
			}
			switch output {
			case "json":
				err = ui.PrintJSON(env.Streams.Out, difference)
			case "md":
				err = printDiffMarkdown(env, difference)
			default:
				err = printDiff(env, difference)
			}
			if err == nil && failOn == failOnWiden && difference.Widens {
				return ui.Errorf("map-widens", ui.Failed, "the new map widens what the old one gives").
					With(ui.Advice("have each line that widens reviewed"))
			}
			return err
		},
	}
	cli.FormatFlag(cmd, &output, "print `text` for people, Markdown for a pull request, or json with stable field names", "text", "json", "md")
	cli.WordFlag(cmd, &failOn, "fail-on", "", "end with 1 where this is met: `never`, or widen", "never", failOnWiden)
	return cmd
}

func twoFiles(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return ui.Errorf("argument-missing", ui.Usage, "%s needs two files, got %s", cmd.CommandPath(), ui.Count(len(args), "argument", "arguments")).
			With(ui.Command(cmd.UseLine()))
	}
	if args[0] == "-" && args[1] == "-" {
		return ui.Errorf("input-twice", ui.Usage, "standard input can be one of the two maps, not both").With(ui.Command(cmd.UseLine()))
	}
	return nil
}

// twoMaps parses both at a time: parsing is most of the work.
func twoMaps(env *cli.Env, old, next string) (before, after *accessmap.Map, err error) {
	type parsed struct {
		m   *accessmap.Map
		err error
	}
	other := make(chan parsed, 1)
	go func() {
		m, err := mapFrom(env, next)
		other <- parsed{m, err}
	}()
	before, err = mapFrom(env, old)
	second := <-other
	if err == nil {
		err = second.err
	}
	return before, second.m, err
}

// sign marks a change in a list.
func sign(c answer.Change) (mark string, style ui.Style) {
	switch {
	case c.Effect == accessmap.Widens:
		return "+", ui.Bad
	case c.Effect == accessmap.Narrows:
		return "-", ui.Good
	case c.Asked:
		return "?", ui.Caution
	}
	return "~", ui.Plain
}

// asks says what people will be asked about; "" for nothing.
func asks(d *answer.Difference) string {
	n := 0
	for _, c := range d.Changes {
		if c.Asked {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "people are asked to agree to " + ui.Count(n, "change of the map", "changes of the map") + " before it is used"
}

// people and ofMap are the two parts of a difference.
func parts(d *answer.Difference) (people, ofMap []answer.Change) {
	for _, c := range d.Changes {
		if c.Topic == answer.AboutPeople {
			people = append(people, c)
		} else {
			ofMap = append(ofMap, c)
		}
	}
	return people, ofMap
}

func printDiff(env *cli.Env, d *answer.Difference) error {
	if len(d.Changes) == 0 {
		_, err := fmt.Fprintln(env.Streams.Out, "nothing differs")
		return err
	}
	var b strings.Builder
	people, ofMap := parts(d)
	write := func(title string, changes []answer.Change) {
		b.WriteString(title + "\n")
		for _, c := range changes {
			mark, style := sign(c)
			b.WriteString("  " + ui.Paint(env.Streams.Out, style, mark+" "+ui.Hang(env.Streams.Out, c.Text, 4)) + "\n")
		}
	}
	if len(people) == 0 {
		b.WriteString("nobody gains or loses a dataset, a workspace, or a role without session policy\n")
	} else {
		write("people and workloads (+ gain, - lose):", people)
	}
	if len(ofMap) > 0 {
		write(legend(ofMap), ofMap)
	}
	if text := asks(d); text != "" {
		b.WriteString(text + "\n")
	}
	_, err := fmt.Fprint(env.Streams.Out, b.String())
	return err
}

func legend(ofMap []answer.Change) string {
	if slices.ContainsFunc(ofMap, func(c answer.Change) bool { return c.Asked && c.Effect == accessmap.Differs }) {
		return "the map (+ widens, - narrows, ? neither, but is asked about, ~ neither):"
	}
	return "the map (+ widens, - narrows, ~ neither):"
}

// maxComment bounds a comment in characters: GitHub takes 65,536.
const maxComment = 60_000

// printDiffMarkdown writes a comment for a pull request: what people gain and lose is seen at once, the rest folds out. What does
// not fit is counted.
func printDiffMarkdown(env *cli.Env, d *answer.Difference) error {
	var b strings.Builder
	people, ofMap := parts(d)
	switch {
	case len(d.Changes) == 0:
		b.WriteString("### Access map: nothing differs\n")
	case d.Widens:
		b.WriteString("### Access map: this widens access\n")
	default:
		b.WriteString("### Access map: this widens nothing\n")
	}
	if len(people) == 0 && len(d.Changes) > 0 {
		b.WriteString("\nNobody gains or loses a dataset, a workspace, or a role without session policy.\n")
	} else if len(people) > 0 {
		b.WriteString("\n")
		writeItems(&b, people, maxComment*3/4)
	}
	if text := asks(d); text != "" {
		b.WriteString("\n" + strings.ToUpper(text[:1]) + text[1:] + ".\n")
	}
	if len(ofMap) > 0 {
		b.WriteString("\n<details><summary>" + ui.Count(len(ofMap), "change", "changes") + " of the map</summary>\n\n")
		writeItems(&b, ofMap, maxComment)
		b.WriteString("\n</details>\n")
	}
	_, err := fmt.Fprint(env.Streams.Out, b.String())
	return err
}

// writeItems writes a list of changes, up to so many bytes of all.
func writeItems(b *strings.Builder, changes []answer.Change, most int) {
	for n, c := range changes {
		word := string(c.Effect)
		switch {
		case c.Topic == answer.AboutPeople && c.Effect == accessmap.Widens:
			word = "**gain**"
		case c.Topic == answer.AboutPeople:
			word = "loss"
		case c.Effect == accessmap.Widens:
			word = "**widens**"
		case c.Asked:
			word += ", asked about"
		}
		item := "- " + word + ": " + code(c.Text) + "\n"
		if b.Len()+len(item) > most {
			fmt.Fprintf(b, "- … and %d more: `dbxaccess map diff` has all\n", len(changes)-n)
			return
		}
		b.WriteString(item)
	}
}

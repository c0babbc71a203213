package profilescmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// printProfiles shows a line for each profile, with what it is at AWS and at Databricks. The identity's column is there only where there
// are several; the helper, nearly always the same, stands under the table.
func printProfiles(env *cli.Env, rows []profileRow) error {
	identities, helpers := map[string]bool{}, map[string][]string{}
	lines, order := map[string][]string{}, []string{}
	for _, r := range rows {
		identities[r.Identity] = true
		helpers[r.Helper] = append(helpers[r.Helper], r.Profile)
		line := lines[r.Profile]
		if line == nil {
			line = []string{r.Profile, "", "", "", ""}
			order = append(order, r.Profile)
		}
		line[1], line[4] = cmp.Or(line[1], r.Role), cmp.Or(line[4], r.Identity)
		if r.For == profiles.ForAWS {
			line[2] = cmp.Or(r.Region, "yes")
		} else {
			line[3] = cmp.Or(ui.Host(r.Host), "yes")
		}
		lines[r.Profile] = line
	}
	header := []string{"PROFILE", "ROLE", "AWS", "DATABRICKS"}
	if len(identities) > 1 {
		header = append(header, "IDENTITY")
	}
	var cells [][]string
	for _, name := range order {
		line := slices.Clone(lines[name][:len(header)])
		for i, text := range line {
			line[i] = ui.OrDash(text)
		}
		cells = append(cells, line)
	}
	if err := ui.PrintTable(env.Streams.Out, header, cells); err != nil {
		return err
	}
	fmt.Fprintln(env.Streams.Out)
	for _, helper := range slices.Sorted(maps.Keys(helpers)) {
		who := "All of them"
		if len(helpers) > 1 {
			who = strings.Join(slices.Compact(slices.Sorted(slices.Values(helpers[helper]))), ", ")
		}
		fmt.Fprintln(env.Streams.Out, ui.Hang(env.Streams.Out, ui.Clean(who+" run "+helper), 0))
	}
	return nil
}

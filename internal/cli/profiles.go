package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func NewProfiles(a *app) *cobra.Command {
	return Group("profiles", "Show, write and remove the AWS and Databricks profiles",
		`The entries that dbxaccess writes into ~/.aws/config and ~/.databrickscfg hold no secret: they tell the AWS CLI and
SDKs, and the Databricks SDKs, to ask dbxaccess. Other people's lines are never touched.`,
		newProfilesShow(a), newProfilesDiff(a), newProfilesSync(a), newProfilesRemove(a))
}

type profileRow struct {
	Profile  string `json:"profile"`
	For      string `json:"for"` // aws or databricks
	Role     string `json:"role,omitempty"`
	Identity string `json:"identity,omitempty"`
	Region   string `json:"region,omitempty"`
	Host     string `json:"host,omitempty"`
	Helper   string `json:"helper"`
}

func newProfilesShow(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "show", Short: "List the entries that are ours", Args: NoArgs,
		Example: "  dbxaccess profiles show\n  dbxaccess profiles show -o json",
		RunE: func(*cobra.Command, []string) error {
			rows, err := a.profileRows()
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(a.Streams.Out, rows)
			}
			if len(rows) == 0 {
				a.Console.Info("Neither the AWS config file nor that of Databricks holds an entry of dbxaccess. dbxaccess login writes them.")
				return nil
			}
			return a.printProfiles(rows)
		},
	}
	OutputFlag(cmd, &output)
	return cmd
}

// printProfiles leaves out the column of the identity where there is one only, and tells the helper, which is nearly always
// the same, under the table.
func (a *app) printProfiles(rows []profileRow) error {
	identities, helpers := map[string]bool{}, map[string][]string{}
	for _, r := range rows {
		identities[r.Identity] = true
		helpers[r.Helper] = append(helpers[r.Helper], r.Profile)
	}
	header := []string{"PROFILE", "FOR", "ROLE", "REGION OR HOST"}
	if len(identities) > 1 {
		header = append(header, "IDENTITY")
	}
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, []string{r.Profile, r.For, ui.OrDash(r.Role), ui.OrDash(r.Region + r.Host), ui.OrDash(r.Identity)}[:len(header)])
	}
	if err := ui.PrintTable(a.Streams.Out, header, cells); err != nil {
		return err
	}
	fmt.Fprintln(a.Streams.Out)
	for _, helper := range slices.Sorted(maps.Keys(helpers)) {
		who := "All of them"
		if len(helpers) > 1 {
			who = strings.Join(slices.Compact(slices.Sorted(slices.Values(helpers[helper]))), ", ")
		}
		fmt.Fprintf(a.Streams.Out, "%s run %s\n", ui.Clean(who), ui.Clean(helper))
	}
	return nil
}

// profileRows lists the entries in both files.
func (a *app) profileRows() ([]profileRow, error) {
	aws, err := a.AWSFile()
	if err != nil {
		return nil, err
	}
	databricks, err := a.DatabricksFile()
	if err != nil {
		return nil, err
	}
	entries, err := aws.List()
	if err != nil {
		return nil, err
	}
	workspaces, err := databricks.List()
	if err != nil {
		return nil, err
	}
	rows := []profileRow{}
	for _, e := range withTwins(append(entries, workspaces...)) {
		rows = append(rows, profileRow{
			Profile: e.Name, For: e.For, Role: e.Role, Identity: e.Identity, Region: e.Region, Host: e.Host, Helper: e.Helper,
		})
	}
	return rows, nil
}

func newProfilesDiff(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "diff", Short: "Show what sync would change", Args: NoArgs,
		Example: "  dbxaccess profiles diff",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plans, err := a.wantedPlans(cmd.Context())
			changed := false
			for _, plan := range plans {
				changed = changed || plan.Diff() != ""
				err = errors.Join(err, ui.PrintDiff(a.Streams.Out, plan.Diff()))
			}
			if err == nil && !changed {
				a.Console.Info("The profiles are as they should be.")
			}
			return err
		},
	}
}

func newProfilesSync(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "sync", Short: "Write the entries for the roles you may take, remove those you may not", Args: NoArgs,
		Example: "  dbxaccess profiles sync",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plans, err := a.wantedPlans(cmd.Context())
			changed, applyErr := a.ApplyPlans(plans)
			if err = errors.Join(err, applyErr); err == nil && !changed {
				a.Console.Info("The profiles are as they should be.")
			}
			return err
		},
	}
}

func newProfilesRemove(a *app) *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use: "remove", Short: "Remove the entries that dbxaccess wrote", Args: NoArgs,
		Example: "  dbxaccess profiles remove",
		RunE: func(*cobra.Command, []string) error {
			if identity == "" {
				return a.RemoveProfiles()
			}
			return a.RemoveProfiles(identity)
		},
	}
	a.IdentityFlag(cmd, &identity)
	return cmd
}

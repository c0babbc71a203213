package configcmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type settingRow struct {
	Key      string   `json:"key"`
	Value    []string `json:"value"`            // in words; empty where nothing is set
	Source   string   `json:"source"`           // environment, file, map or default
	Variable string   `json:"variable"`         // that overrides it; "" where none may
	Line     int      `json:"line,omitempty"`   // of the file
	Default  string   `json:"default"`          // "" for none
	Values   []string `json:"values,omitempty"` // the legal ones, where they can be listed
	Means    string   `json:"means"`
}

func newList(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "list", Short: "Show each setting, its value, and where that comes from", Args: cli.NoArgs,
		Example: "  dbxaccess config list\n  dbxaccess config list -o json",
		RunE: func(*cobra.Command, []string) error {
			path, values, err := trace(env)
			if err != nil {
				return err
			}
			if err := printValues(env, path, values, output == "json"); err != nil {
				return err
			}
			_, err = config.Load(env.Getenv) // a table of what is wrong must not look as if all were well
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

func printValues(env *cli.Env, path string, values []config.Value, asJSON bool) error {
	rows, inFile := []settingRow{}, false
	table := ui.Table{Header: []string{"SETTING", "VALUE", "FROM"}}
	for _, v := range values {
		row := settingRow{
			Key: v.Key, Value: append([]string{}, v.Words...), Source: string(v.Origin), Variable: v.Variable(), Line: v.Line,
			Default: v.Default, Values: v.Values, Means: v.Means,
		}
		rows = append(rows, row)
		from := row.Source
		switch v.Origin {
		case config.FromEnvironment:
			from = row.Variable
		case config.FromFile:
			from, inFile = fmt.Sprintf("%s:%d", filepath.Base(path), v.Line), true
		case config.FromMap:
			from = "access map"
		case config.BuiltIn:
		}
		if len(v.Words) == 0 {
			from = ""
		}
		table.Rows = append(table.Rows, ui.Cells(v.Key, ui.OrDash(strings.Join(v.Words, " ")), from))
	}
	if asJSON {
		return ui.PrintJSON(env.Streams.Out, struct {
			File     string       `json:"file"`
			Settings []settingRow `json:"settings"`
		}{path, rows})
	}
	if err := table.PrintWhole(env.Streams.Out); err != nil {
		return err
	}
	missing := ""
	if !inFile {
		missing = ", which holds none of them yet"
	}
	env.Console.Info("The file is %s%s.", ui.Clean(path), missing)
	return nil
}

// trace is config.Trace with the defaults of the access map, if there is one that can be read.
func trace(env *cli.Env) (path string, values []config.Value, err error) {
	ofMap := map[string]string{}
	if m, _, err := env.Map(); err == nil { // without one there are none
		ofMap["default_role"], ofMap["profile_prefix"] = m.Defaults.Role, m.Defaults.ProfilePrefix
	}
	return config.Trace(env.Getenv, ofMap)
}

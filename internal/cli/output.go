package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	allowed []string
}

func newChoice(value *string, allowed ...string) *choice {
	*value = allowed[0]
	return &choice{value, allowed}
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "|") }
func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("must be one of %s", strings.Join(c.allowed, ", "))
	}
	*c.value = s
	return nil
}

// outputFlag adds -o text|json.
func outputFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().VarP(newChoice(value, "text", "json"), "output", "o", "print `text` for people or json with stable field names")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// table prints plain cells in aligned columns.
func table(w io.Writer, header []string, rows [][]string) error {
	t := ui.Table{Header: header}
	for _, row := range rows {
		t.Rows = append(t.Rows, ui.Cells(row...))
	}
	return t.Print(w)
}

// left says how long something still lives, in words a person reads at a glance: "59m", "1h 5m", "expired".
func left(until, now time.Time) string {
	d := until.Sub(now).Round(time.Second)
	switch {
	case d <= 0:
		return "expired"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// orDash shows that a cell is empty on purpose.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

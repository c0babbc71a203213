package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The topics of help and the reference are two prints of the same tables.
func TestTopicsSayWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range ui.Codes() {
		if row := fmt.Sprintf("| %d | %s |", int(c), c.Means()); !strings.Contains(string(text), row) {
			t.Errorf("docs/reference.md lacks %s", row)
		}
	}
	names := variablesOfOthers
	for _, row := range append(names, variables(append(config.Overriding(), config.Beside()...))...) {
		if !strings.Contains(string(text), "`"+row[0]+"`") {
			t.Errorf("docs/reference.md does not name %s", row[0])
		}
	}
}

// A suggestion that leads nowhere is worse than none.
func TestWhatIsMeantIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "commands", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for after, words := range meant {
		for word, command := range words {
			if word == "" || command == "" || strings.ToLower(word) != word || after == "" && word == command {
				t.Errorf("%q after %q: %q", word, after, command)
			}
			name, _, _ := strings.Cut(command, " -")
			if !strings.Contains(string(text), "[`"+name+"`]") {
				t.Errorf("%s: docs/commands names no command %s", word, name)
			}
		}
	}
	root := &cobra.Command{Use: "dbxaccess"}
	group := Group("audit", "", "", &cobra.Command{Use: "list", Run: func(*cobra.Command, []string) {}}, &cobra.Command{Use: "show", Run: func(*cobra.Command, []string) {}})
	root.AddCommand(group)
	for _, c := range []struct {
		after      *cobra.Command
		word, want string
	}{
		{root, "assume", "dbxaccess env"}, {root, "WhoAmI", "dbxaccess status"}, {root, "audti", "dbxaccess audit"}, {root, "xyz", ""},
		{group, "ls", "dbxaccess audit list"}, {group, "shwo", "dbxaccess audit show"}, {group, "xyz", ""},
	} {
		if got := suggestion(c.after, c.word); got != c.want {
			t.Errorf("%s: %q, want %q", c.word, got, c.want)
		}
	}
}

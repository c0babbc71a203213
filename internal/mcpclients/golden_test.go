package mcpclients

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// program is what the tests add.
func program(c *Client) Program {
	return Program{Path: "/usr/local/bin/dbxaccess", Agent: c.Name, Variables: []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME"}}
}

// Each directory of testdata/golden is named by a client, and holds a file as people have them (in), what it becomes (installed,
// with the diff), and what is left where nothing is known but the entry's name (taken). Undoing gives the bytes of before.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/golden/*/in")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	tested := map[string]bool{}
	for _, in := range cases {
		dir := filepath.Dir(in)
		c := clientOf(t, filepath.Base(dir))
		tested[c.Name] = true
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			before := read(t, in)
			plan, err := c.Install("file", before, program(c), "")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "installed"), plan.After)
			golden(t, filepath.Join(dir, "diff"), []byte(plan.Diff))
			undone, err := c.Remove("file", plan.After, plan.Inserted)
			if err != nil || !bytes.Equal(undone.After, before) {
				t.Errorf("undoing gives %q (%v)", undone.After, err)
			}
			taken, err := c.Remove("file", plan.After, "")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "taken"), taken.After)
			if again, err := c.Remove("file", taken.After, plan.Inserted); err != nil || again.Diff != "" {
				t.Errorf("what is not there is taken out again: %v\n%s", err, again.Diff)
			}
			again, err := c.Install("file", plan.After, program(c), plan.Inserted)
			if err != nil || again.Diff != "" || !bytes.Equal(again.After, plan.After) || again.Inserted != plan.Inserted {
				t.Errorf("a second time changes it: %v\n%s", err, again.Diff)
			}
			moved := program(c)
			moved.Path = "/opt/bin/dbxaccess"
			after, err := c.Install("file", plan.After, moved, plan.Inserted)
			if want := bytes.ReplaceAll(plan.After, []byte(program(c).Path), []byte(moved.Path)); err != nil || !bytes.Equal(after.After, want) {
				t.Fatalf("moving the program gives %v", err)
			}
			if undone, err := c.Remove("file", after.After, after.Inserted); err != nil || !bytes.Equal(undone.After, before) {
				t.Errorf("undoing after a move gives %q (%v)", undone.After, err)
			}
			if shown := plan.Diff + taken.Diff + after.Diff; strings.Contains(shown, "canary") {
				t.Errorf("another's line is shown:\n%s", shown)
			}
		})
	}
	for _, name := range Names() {
		if !tested[name] {
			t.Errorf("no case of %s", name)
		}
	}
}

// clientOf is the client that a case is named by.
func clientOf(t *testing.T, name string) *Client {
	t.Helper()
	i := slices.IndexFunc(clients, func(c Client) bool { return strings.HasPrefix(name, c.Name+"-") })
	if i < 0 {
		t.Fatalf("%s names no client", name)
	}
	return &clients[i]
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); !bytes.Equal(got, want) {
		t.Errorf("%s is not\n%s", path, got)
	}
}

// The page on agents says where each client's files are.
func TestThePageNamesEveryClient(t *testing.T) {
	t.Parallel()
	page := string(read(t, "../../docs/agents.md"))
	for _, c := range All() {
		row := "| [" + c.Title + "](" + c.Docs + ") | `" + c.Name + "` | "
		if !strings.Contains(page, row) {
			t.Errorf("docs/agents.md lacks %s", row)
		}
		if n := len(c.project); n > 0 && !strings.Contains(page, c.project[n-1]+"` |") {
			t.Errorf("docs/agents.md does not say that %s reads %s", c.Title, c.project[n-1])
		}
	}
}

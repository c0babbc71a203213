package profiles

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestPruneDatabricksTakesOnlyWhatWeWroteAndTheCallerCallsStale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		section string
		pruned  bool
	}{
		"a role that went":        {"[dbx-gone]\n" + ourWorkspace, true},
		"not stale":               {"[dbx-alive]\n" + ourWorkspace, false},
		"no name we could give":   {"[DBX-gone]\n" + ourWorkspace, false},
		"the default":             {"[DEFAULT]\n" + ourWorkspace, false},
		"the settings":            {"[__settings__]\n" + ourWorkspace, false},
		"another program":         {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "/dbxaccess", "/databricks", 1), false},
		"by name alone":           {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "/usr/local/bin/", "", 1), false},
		"in quotes":               {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "/usr/local/bin/dbxaccess", `"/x/dbxaccess"`, 1), false},
		"another way to sign in":  {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "databricks-cli", "pat", 1), false},
		"a host of another form":  {"[dbx-gone]\n" + strings.Replace(ourWorkspace, ".com", ".com/", 1), false},
		"a comment behind a line": {"[dbx-gone]\n" + strings.Replace(ourWorkspace, ".com", ".com # mine", 1), false},
		"in capitals":             {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "host", "Host", 1), false},
		"a key in capitals":       {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "auth_type", "Auth_Type", 1), false},
		"a colon":                 {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "auth_type =", "auth_type:", 1), false},
		"a colon further down":    {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "databricks_cli_path =", "databricks_cli_path:", 1), false},
		"no way to sign in":       {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "auth_type", "auth", 1), false},
		"a host is missing":       {"[dbx-gone]\n" + ourWorkspace[strings.Index(ourWorkspace, "\n")+1:], false},
		"written on Windows":      {"[dbx-gone]\n" + strings.Replace(ourWorkspace, "/usr/local/bin/dbxaccess", `C:\a b\dbxaccess.exe`, 1), true},
		"with a person's key":     {"[dbx-gone]\n" + ourWorkspace + "cluster_id = 1\n", true},
	} {
		file := filepath.Join(t.TempDir(), ".databrickscfg")
		write(t, file, []byte(c.section))
		stale := func(e Entry) bool { return e.Name != "dbx-alive" }
		for _, stale := range []func(Entry) bool{nil, stale} {
			p, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), stale)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := 2
			if c.pruned && stale != nil {
				want = 3
			}
			if len(p.Changes) != want {
				t.Errorf("%s: got %v", name, p.Changes)
			}
			apply(t, p)
			got := string(read(t, file))
			if (want == 2) != strings.HasPrefix(got, c.section) {
				t.Errorf("%s became %q", name, got)
			}
			if strings.Contains(c.section, "cluster_id") && want == 3 &&
				(!strings.HasPrefix(got, "[dbx-gone]\ncluster_id = 1\n") || !strings.Contains(p.Changes[2].Note, "cluster_id")) {
				t.Errorf("%s: got %q with the note %q", name, got, p.Changes[2].Note)
			}
		}
	}
}

func TestRemoveDatabricksKeepsWhatAPersonAdded(t *testing.T) {
	t.Parallel()
	const theirs = "[dbx-ml-trainer]\n# token = canary\ncluster_id = 1\ncanary without a value\n"
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	write(t, file, []byte("[__settings__]\ndefault_profile = dbx-ml-trainer ; mine\n\n[dbx-ml-reader]\n"+ourWorkspace+"\n"+
		strings.Replace(theirs, "cluster_id", ourWorkspace+"cluster_id", 1)))
	p, err := databricksTarget(t, file).Remove(func(e Entry) bool { return e.Name == "dbx-ml-trainer" })
	if err != nil {
		t.Fatal(err)
	}
	apply(t, p)
	if got := string(read(t, file)); !strings.HasSuffix(got, "[dbx-ml-reader]\n"+ourWorkspace+"\n"+theirs) {
		t.Errorf("got %q", got)
	}
	want := []Change{{Profile: "dbx-ml-trainer", Action: Removed, Note: "the section stays because of what was added to it: cluster_id, a line that is not a setting; " +
		"it is still the default_profile in [__settings__]; databricks auth switch chooses another"}}
	if d := cmp.Diff(want, p.Changes); d != "" || strings.Contains(p.Diff(), "canary") {
		t.Error(d, p.Diff())
	}
	if p, err = databricksTarget(t, file).Remove(func(Entry) bool { return false }); err != nil || p.Diff() != "" {
		t.Errorf("something else was removed: %v\n%s", err, p.Diff())
	}
	if p, err = databricksTarget(t, file).Remove(func(Entry) bool { return true }); err != nil || len(p.Changes) != 1 || p.Changes[0].Note != "" {
		t.Errorf("got %v, %v", p.Changes, err)
	}
}

func TestListAndFindDatabricks(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	if all, err := databricksTarget(t, file).List(); err != nil || len(all) != 0 {
		t.Errorf("no file: %v, %v", all, err)
	}
	if e, err := databricksTarget(t, file).Find("work"); err != nil || e != nil {
		t.Errorf("no file: %v, %v", e, err)
	}
	write(t, file, []byte("\ufeff[DEFAULT]\nhost = https://a.com/ # mine\ntoken = canary\n[__settings__]\ndatabricks_cli_path = dbxaccess\n"+
		"[my profile]\nHOST: a.com\ndatabricks_cli_path = \"C:\\x y\\dbxaccess.exe\"\n[none]\n"))
	p, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces()[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, p)
	entry := func(p Profile, line int) Entry { return Entry{Profile: p, For: ForDatabricks, File: file, Line: line} }
	mine, written := entry(Profile{Name: "my profile", Host: "a.com"}, 6), entry(testWorkspaces()[0], 11)
	mine.Helper, written.Helper, written.Written = `C:\x y\dbxaccess.exe`, "/usr/local/bin/dbxaccess", true
	defaults, none := entry(Profile{Name: "DEFAULT", Host: "https://a.com/"}, 1), entry(Profile{Name: "none"}, 9)
	defaults.SignIn = "pat, by its token"
	all, err := databricksTarget(t, file).List()
	if d := cmp.Diff([]Entry{mine, written}, all); d != "" || err != nil {
		t.Error(d, err)
	}
	for name, want := range map[string]*Entry{
		"my profile":    &mine,
		"dbx-ml-reader": &written,
		"DEFAULT":       &defaults,
		"none":          &none,
		"default":       nil,
		"my":            nil,
		"__settings__":  nil,
		"":              nil,
	} {
		got, err := databricksTarget(t, file).Find(name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", name, d, err)
		}
	}
}

func TestTheDatabricksFileIsFoundAsTheSDKsDo(t *testing.T) {
	t.Parallel()
	home := filepath.FromSlash("/home/alice")
	for _, c := range []struct{ variable, home, want string }{
		{"", home, filepath.Join(home, ".databrickscfg")},
		{"/x/cfg", "", "/x/cfg"},
		{"cfg", home, "cfg"},
		{"~/x/cfg", home, filepath.Join(home, "x", "cfg")},
		{"~bob/cfg", home, ""},
		{"~", home, ""},
		{"~/cfg", "", ""},
		{"", "", ""},
	} {
		target, err := Databricks(func(key string) string {
			if key != "DATABRICKS_CONFIG_FILE" {
				t.Errorf("asked for %s", key)
			}
			return c.variable
		}, c.home)
		if got := target.Path; got != c.want || (err != nil) != (c.want == "") || err != nil && ui.HintOf(err) == "" {
			t.Errorf("%q: got %q, %v with hint %q", c.variable, got, err, ui.HintOf(err))
		}
	}
}

func TestTheEnvironmentThatSpoilsAProfileIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing":             {nil, nil},
		"a profile":           {map[string]string{"DATABRICKS_CONFIG_PROFILE": "p", "DATABRICKS_CONFIG_FILE": "f", "DATABRICKS_CLUSTER_ID": "c"}, nil},
		"a host":              {map[string]string{"DATABRICKS_HOST": "canary", "DATABRICKS_CONFIG_PROFILE": "p"}, []string{"DATABRICKS_HOST"}},
		"another program":     {map[string]string{"DATABRICKS_CLI_PATH": "/canary/databricks"}, []string{"DATABRICKS_CLI_PATH"}},
		"our program":         {map[string]string{"DATABRICKS_CLI_PATH": "/x/dbxaccess"}, nil},
		"another sign-in":     {map[string]string{"DATABRICKS_AUTH_TYPE": "canary"}, []string{"DATABRICKS_AUTH_TYPE"}},
		"our sign-in":         {map[string]string{"DATABRICKS_AUTH_TYPE": "databricks-cli"}, nil},
		"a token":             {map[string]string{"DATABRICKS_TOKEN": "canary"}, []string{"DATABRICKS_TOKEN"}},
		"and a named profile": {map[string]string{"DATABRICKS_TOKEN": "canary", "DATABRICKS_CONFIG_PROFILE": "p"}, nil},
		"a service principal": {map[string]string{"DATABRICKS_CLIENT_ID": "canary", "DATABRICKS_CLIENT_SECRET": "canary", "ARM_TENANT_ID": "canary"},
			[]string{"DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", "ARM_TENANT_ID"}},
	} {
		got := DatabricksEnvironment(func(key string) string { return c.env[key] })
		var variables []string
		for _, warning := range got {
			variables = append(variables, warning.Subject)
			if text := warning.String(); strings.Contains(text, "canary") || !strings.HasSuffix(text, "unset "+warning.Subject) {
				t.Errorf("%s: got %q", name, text)
			}
		}
		if !slices.Equal(variables, c.want) {
			t.Errorf("%s: got %v, want %v", name, variables, c.want)
		}
	}
}

package use

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadClientLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]clientLine{
		"":                                   {},
		"clusters list":                      {words: []string{"clusters", "list"}},
		"-p dbx-x clusters list":             {words: []string{"clusters", "list"}, profile: "dbx-x"},
		"clusters list --profile dbx-x":      {words: []string{"clusters", "list"}, profile: "dbx-x"},
		"clusters --profile=dbx-x list":      {words: []string{"clusters", "list"}, profile: "dbx-x"},
		"-pdbx-x clusters list":              {words: []string{"clusters", "list"}, profile: "dbx-x"},
		"-o json api get /api/2.0/x":         {words: []string{"api", "get", "/api/2.0/x"}},
		"--output=json bundle deploy -t dev": {words: []string{"bundle", "deploy"}, target: "dev"},
		"bundle run job -- -p other":         {words: []string{"bundle", "run", "job"}},
		"auth token --host https://h":        {words: []string{"auth", "token"}, host: "https://h"},
		"clusters list --help":               {words: []string{"clusters", "list"}, asks: true},
		"-p":                                 {},
		"-p -p":                              {profile: "-p"},
	} {
		if got := readClientLine(strings.Fields(line)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

func TestWantsToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line, variable string
		want           bool
	}{
		{"clusters list", "", true},
		{"", "", false},
		{"version", "", false},
		{"completion bash", "", false},
		{"__complete clusters l", "", false},
		{"clusters list -h", "", false},
		{"auth profiles", "", false},
		{"auth token", "", true},
		{"clusters list", "DATABRICKS_TOKEN", false},
		{"clusters list -p x", "DATABRICKS_TOKEN", true},
		{"clusters list -p x", "DATABRICKS_METADATA_SERVICE_URL", false},
		{"clusters list", "DATABRICKS_HOST", true},
	} {
		getenv := func(name string) string {
			if name == c.variable {
				return "set"
			}
			return ""
		}
		if got := readClientLine(strings.Fields(c.line)).wantsToken(getenv); got != c.want {
			t.Errorf("%s with %s: %v", c.line, c.variable, got)
		}
	}
}

func TestBundleNames(t *testing.T) {
	t.Parallel()
	const both = "workspace: {host: https://a.example}\ntargets:\n  dev: {default: true, workspace: {profile: dbx-dev}}\n  prod: {workspace: {host: https://p.example}}\n  same: {}\n"
	for name, c := range map[string]struct{ text, target, variable, host, profile string }{
		"none":                 {},
		"the bundle's":         {text: "workspace: {host: https://a.example}\n", host: "https://a.example"},
		"of the default":       {text: both, profile: "dbx-dev"},
		"of a target":          {text: both, target: "prod", host: "https://p.example"},
		"of a variable":        {text: both, variable: "prod", host: "https://p.example"},
		"what all targets say": {text: both, target: "same", host: "https://a.example"},
		"the only target":      {text: "targets: {dev: {workspace: {profile: x}}}", profile: "x"},
		"no bundle":            {text: "- a\n- b\n"},
		"broken":               {text: "\tx: ["},
	} {
		root := t.TempDir()
		if c.text != "" {
			if err := os.WriteFile(filepath.Join(root, "databricks.yml"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		getenv := func(name string) string {
			return map[string]string{"DATABRICKS_BUNDLE_ROOT": root, "DATABRICKS_BUNDLE_TARGET": c.variable}[name]
		}
		host, profile, err := bundleNames(getenv, c.target)
		if err != nil || host != c.host || profile != c.profile {
			t.Errorf("%s: %q, %q, %v", name, host, profile, err)
		}
	}
}

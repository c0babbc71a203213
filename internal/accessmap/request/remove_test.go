package request_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

const tidied = `version: 1
# who
identities:
  acme:
    issuer: https://id.example
    client_id: dbxaccess
    groups:
      # the scientists
      scientists: [trainer, reader] # two
      analysts:
        # reads alone
        - reader
        - role: trainer # until the audit
          until: 2990-01-31
        - 'writer'
      guests: [ { role: reader, reason: "a, b" }, writer ]
datasets:
  churn: { location: s3://acme-ml/churn/ }
  features: { location: s3://acme-features/ }
  pii: { location: s3://acme-features/pii/, deny: [ s3://acme-features/pii/raw/ ] }
roles:
  reader:
    aws: { role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1 }
    read: [
      churn, # the main one
      features,
      # kept
      pii,
    ]
  trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/t", region: us-east-1 }
    readwrite: [churn, features]
    delete: [churn]
  writer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/w", region: us-east-1 }
    write:
      - churn # w
    read:
      - features
`

func TestRemovals(t *testing.T) {
	t.Parallel()
	group := func(group, role string) request.Removal {
		return request.Removal{Identity: "acme", Group: group, Role: role}
	}
	data := func(role, dataset, verb string) request.Removal {
		return request.Removal{Role: role, Dataset: dataset, Verb: verb}
	}
	for name, c := range map[string]struct {
		what []request.Removal
		want []string // pairs: text of the file, and what stands there afterwards
	}{
		"the first of two":   {[]request.Removal{group("scientists", "trainer")}, []string{"[trainer, reader] # two", "[reader] # two"}},
		"the last of two":    {[]request.Removal{group("scientists", "reader")}, []string{"[trainer, reader] # two", "[trainer] # two"}},
		"both":               {[]request.Removal{group("scientists", "reader"), group("scientists", "trainer")}, []string{"[trainer, reader] # two", "[] # two"}},
		"a line":             {[]request.Removal{group("analysts", "reader")}, []string{"        - reader\n", ""}},
		"a mapping in lines": {[]request.Removal{group("analysts", "trainer")}, []string{"        - role: trainer # until the audit\n          until: 2990-01-31\n", ""}},
		"all lines": {
			[]request.Removal{group("analysts", "trainer"), group("analysts", "reader"), group("analysts", "writer")},
			[]string{
				"      analysts:\n", "      analysts: []\n", "        - reader\n        - role: trainer # until the audit\n          until: 2990-01-31\n        - 'writer'\n", "",
			},
		},
		"a mapping in braces":         {[]request.Removal{group("guests", "reader")}, []string{`[ { role: reader, reason: "a, b" }, writer ]`, "[ writer ]"}},
		"behind a mapping":            {[]request.Removal{group("guests", "writer")}, []string{`"a, b" }, writer ]`, `"a, b" } ]`}},
		"a dataset with its comment":  {[]request.Removal{data("reader", "churn", "read")}, []string{"      churn, # the main one\n", ""}},
		"one beside a comment":        {[]request.Removal{data("reader", "features", "read"), data("reader", "churn", "read")}, []string{"      churn, # the main one\n      features,\n", ""}},
		"all of a verb, others stay":  {[]request.Removal{data("trainer", "churn", "delete")}, []string{"delete: [churn]", "delete: []"}},
		"both verbs of readwrite":     {[]request.Removal{data("trainer", "churn", "read"), data("trainer", "churn", "write")}, []string{"readwrite: [churn, features]", "readwrite: [features]"}},
		"one verb of readwrite":       {[]request.Removal{data("trainer", "churn", "write")}, []string{"readwrite: [churn, features]\n", "readwrite: [features]\n    read: [churn]\n"}},
		"one verb of all readwrite":   {[]request.Removal{data("trainer", "churn", "write"), data("trainer", "features", "write")}, []string{"readwrite: [churn, features]\n", "readwrite: []\n    read: [churn, features]\n"}},
		"the one line of a list":      {[]request.Removal{data("writer", "churn", "write")}, []string{"    write:\n      - churn # w\n", "    write: []\n"}},
		"several lists":               {[]request.Removal{data("writer", "churn", "write"), group("scientists", "trainer")}, []string{"[trainer, reader] # two", "[reader] # two", "    write:\n      - churn # w\n", "    write: []\n"}},
		"the last, which would widen": {[]request.Removal{data("writer", "churn", "write"), data("writer", "features", "read"), group("scientists", "trainer")}, []string{"[trainer, reader] # two", "[reader] # two"}},
		"nothing":                     {nil, nil},
	} {
		for style, text := range map[string]string{"": tidied, "windows": strings.ReplaceAll(tidied, "\n", "\r\n"), "no last break": strings.TrimSuffix(tidied, "\n")} {
			want := tidied
			for i := 0; i < len(c.want); i += 2 {
				if strings.Count(want, c.want[i]) != 1 {
					t.Fatalf("%s: %q", name, c.want[i])
				}
				want = strings.Replace(want, c.want[i], c.want[i+1], 1)
			}
			switch style {
			case "windows":
				want = strings.ReplaceAll(want, "\n", "\r\n")
			case "no last break":
				want = strings.TrimSuffix(want, "\n")
			}
			m, err := accessmap.Parse("map.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			removed, err := request.Remove(m, []byte(text), "map.yaml", c.what)
			if err != nil {
				t.Fatal(name, err)
			}
			if c.want == nil {
				if removed.Patch != "" || removed.Changes != nil {
					t.Errorf("%s: %+v", name, removed)
				}
				continue
			}
			got, err := patched(text, removed.Patch)
			if err != nil || got != want {
				t.Errorf("%s, %s: %v\n%s\n%q", name, style, err, removed.Patch, got)
			}
			if left := strings.HasPrefix(name, "the last, "); left != (len(removed.Left) == 2) || !left && removed.Left != nil {
				t.Errorf("%s: left %v", name, removed.Left)
			}
			for _, change := range removed.Changes {
				if change.Effect == accessmap.Widens {
					t.Errorf("%s: %s", name, change.Text)
				}
			}
		}
	}
}

// What a dataset denies must not be opened by taking the dataset away.
func TestNoRemovalWidens(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("map.yaml", []byte(tidied))
	if err != nil {
		t.Fatal(err)
	}
	what := []request.Removal{{Role: "reader", Dataset: "pii", Verb: "read"}}
	removed, err := request.Remove(m, []byte(tidied), "map.yaml", what)
	if err != nil || removed.Patch != "" || !slices.Equal(removed.Left, what) {
		t.Errorf("%v %+v", err, removed)
	}
}

// Each single removal, in each way that the maps of these tests are written in, is what git applies, and loses what it says alone.
func TestRemovalsAreWhatGitApplies(t *testing.T) {
	t.Parallel()
	git := needed.Program(t, "git")
	texts := styles()
	texts["tidied"] = tidied
	for style, text := range texts {
		m, err := accessmap.Parse("map.yaml", []byte(text))
		if err != nil {
			t.Fatal(style, err)
		}
		var all []request.Removal
		for _, rule := range m.Rules() {
			for _, g := range rule.Gives {
				if rule.Group != "" {
					all = append(all, request.Removal{Identity: rule.Identity, Group: rule.Group, Role: g.Role})
				}
			}
		}
		for name, role := range m.Roles {
			for _, verb := range accessmap.Verbs() {
				for _, dataset := range role.On(verb) {
					all = append(all, request.Removal{Role: name, Dataset: dataset, Verb: verb})
				}
			}
		}
		made := 0
		for _, one := range all {
			removed, err := request.Remove(m, []byte(text), "map.yaml", []request.Removal{one})
			if err != nil {
				t.Fatal(err)
			}
			if removed.Patch == "" {
				if !slices.Contains(removed.Left, one) {
					t.Errorf("%s: %+v is neither removed nor left", style, one)
				}
				continue
			}
			made++
			want, err := patched(text, removed.Patch)
			if err != nil {
				t.Error(style, one, err)
			}
			next, err := accessmap.Parse("map.yaml", []byte(want))
			if err != nil {
				t.Fatal(style, one, err)
			}
			var has bool
			if one.Dataset != "" {
				has = slices.Contains(next.Roles[one.Role].On(one.Verb), one.Dataset)
			} else {
				has = slices.ContainsFunc(next.RolesFor(one.Identity, accessmap.Claims{Groups: []string{one.Group}}, time.Now()),
					func(g accessmap.Grant) bool { return g.Role == one.Role && g.Because[0].Rule == one.Group })
			}
			if has {
				t.Errorf("%s: %+v is still there:\n%s", style, one, removed.Patch)
			}
			if made > 3 && style != "tidied" { // git is slow to start
				continue
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "map.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), git, "apply", "-")
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(removed.Patch)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s\n%s", style, err, out, removed.Patch)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "map.yaml")); err != nil || string(got) != want {
				t.Errorf("%s: git makes another file of it: %v\n%s", style, err, got)
			}
		}
		if made == 0 {
			t.Errorf("%s: nothing can be removed of %d", style, len(all))
		}
	}
}

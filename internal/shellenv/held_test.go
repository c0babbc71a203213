package shellenv

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// shellOf is a shell that evaluates what it is given.
type shellOf map[string]string

func (s shellOf) getenv(name string) string { return s[name] }
func (s shellOf) evaluate(vars []Variable) {
	for _, v := range vars {
		s[v.Name] = v.Value
		if v.Value == "" {
			delete(s, v.Name)
		}
	}
}

func no(string) bool { return false }

func TestASwitchLeavesNothingOfTheFormerRole(t *testing.T) {
	t.Parallel()
	s := shellOf{"PATH": "/bin", "AWS_REGION": "eu-west-3"}
	before := maps.Clone(s)
	keys := []Variable{{"AWS_ACCESS_KEY_ID", "ASIA1"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"DATABRICKS_TOKEN", "y"}}
	a, b := Choice{Role: "a", Keys: true}, Choice{Role: "b", Workspace: "dev", Identity: "acme"}
	ends := time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)
	s.evaluate(ReadHeld(s.getenv).Switch(a, keys, ends, no))
	if s["AWS_ACCESS_KEY_ID"] != "ASIA1" || s[RoleVariable] != "a" || s[ExpiresVariable] != "2026-11-22T09:15:00Z" {
		t.Errorf("%v", s)
	}
	s.evaluate(ReadHeld(s.getenv).Switch(b, []Variable{{"AWS_PROFILE", "dbx-b"}}, time.Time{}, no))
	if s["AWS_ACCESS_KEY_ID"]+s["AWS_SECRET_ACCESS_KEY"]+s["DATABRICKS_TOKEN"]+s[ExpiresVariable] != "" {
		t.Errorf("something of the former role is left: %v", s)
	}
	held := ReadHeld(s.getenv)
	if held.Now != b || held.Former != a || !slices.Equal(held.All(), []string{"AWS_PROFILE"}) || held.Empty() {
		t.Errorf("%+v", held)
	}
	s.evaluate(held.Switch(b, []Variable{{"AWS_PROFILE", "dbx-b"}}, time.Time{}, no)) // again
	if got := ReadHeld(s.getenv).Former; got != a {
		t.Errorf("the former role is %+v", got)
	}
	s.evaluate(ReadHeld(s.getenv).Clear())
	if !maps.Equal(s, before) || !ReadHeld(s.getenv).Empty() {
		t.Errorf("%v, was %v", s, before)
	}
}

func TestWhatAPersonHasChangedIsTheirs(t *testing.T) {
	t.Parallel()
	s := shellOf{}
	set := []Variable{{"AWS_REGION", "us-east-1"}, {"AWS_ACCESS_KEY_ID", "ASIA1"}, {"DATABRICKS_HOST", "https://a"}}
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "a", Keys: true}, set, time.Now(), no))
	s["AWS_REGION"] = "eu-west-3"
	databricks := func(name string) bool { return strings.HasPrefix(name, "DATABRICKS_") }
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "b", NoDatabricks: true}, nil, time.Time{}, databricks))
	if s["AWS_REGION"] != "eu-west-3" || s["AWS_ACCESS_KEY_ID"] != "" || s["DATABRICKS_HOST"] != "https://a" {
		t.Errorf("%v", s)
	}
	s.evaluate(ReadHeld(s.getenv).Clear())
	if s["AWS_REGION"] != "eu-west-3" || s["DATABRICKS_HOST"] != "" {
		t.Errorf("%v", s)
	}
}

// FuzzReadHeld: whatever stands in the variable, nothing that we did not set is unset, and what is written can be written for every shell.
func FuzzReadHeld(f *testing.F) {
	for _, text := range []string{
		"", "now=a:::,was=b:dev:acme:kn,AWS_PROFILE=00000000", "now=$(x):::,was=--help:::", "PATH=00000000", "now=a:b", ",,,=,", "now=a:::,now=b:::",
		strings.Repeat("A=00000000,", 2000), "DBXACCESS_SHELL=00000000", "was=-:::",
	} {
		f.Add(text, "/bin")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		s := shellOf{"PATH": path, heldVariable: text}
		held := ReadHeld(s.getenv)
		for _, c := range []Choice{held.Now, held.Former} {
			if strings.HasPrefix(c.Role, "-") || c != readChoice(c.String()) || !safeCmd(c.String()) {
				t.Errorf("%+v", c)
			}
		}
		if path != "" && held.Ours("PATH") && !strings.Contains(text, fingerprintOf("PATH", path)) {
			t.Error("PATH is taken for ours")
		}
		vars := held.Switch(Choice{Role: "a"}, []Variable{{"AWS_PROFILE", "dbx-a"}}, time.Time{}, no)
		for _, shell := range Shells() {
			if _, err := Render(shell, vars); err != nil {
				t.Errorf("%s: %v", shell, err)
			}
		}
	})
}

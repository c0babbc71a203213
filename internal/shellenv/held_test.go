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

func TestAPersonsOwnProfilesComeBack(t *testing.T) {
	t.Parallel()
	before := shellOf{"AWS_PROFILE": "mine", "AWS_DEFAULT_PROFILE": "also-mine", "DATABRICKS_CONFIG_PROFILE": "acme.dev@eu", "PATH": "/bin"}
	profiles := []Variable{{Name: "AWS_DEFAULT_PROFILE"}, {"AWS_PROFILE", "dbx-a"}, {"DATABRICKS_CONFIG_PROFILE", "dbx-a"}}
	keys := []Variable{{"AWS_ACCESS_KEY_ID", "ASIA1"}, {Name: "AWS_PROFILE"}, {Name: "AWS_DEFAULT_PROFILE"}}
	for name, switches := range map[string][][]Variable{
		"by profiles": {profiles}, "by keys": {keys}, "again": {profiles, profiles}, "from keys to profiles": {keys, profiles}, "from profiles to keys": {profiles, keys, keys},
		"by way of a role without AWS": {profiles, {{"DATABRICKS_CONFIG_PROFILE", "dbx-b"}}, keys},
	} {
		s := maps.Clone(before)
		for _, vars := range switches {
			s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "a"}, vars, time.Time{}, no))
		}
		s.evaluate(ReadHeld(s.getenv).Clear())
		if !maps.Equal(s, before) {
			t.Errorf("%s: %v, was %v", name, s, before)
		}
	}

	s := maps.Clone(before)
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "a"}, profiles, time.Time{}, no))
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "b"}, []Variable{{"DATABRICKS_CONFIG_PROFILE", "dbx-b"}}, time.Time{}, no))
	if s["AWS_PROFILE"] != "mine" || s["AWS_DEFAULT_PROFILE"] != "also-mine" {
		t.Errorf("under a role without AWS: %v", s)
	}
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "a"}, profiles, time.Time{}, no))
	s["AWS_PROFILE"] = "another"
	delete(s, "DATABRICKS_CONFIG_PROFILE")
	s.evaluate(ReadHeld(s.getenv).Clear())
	if want := (shellOf{"AWS_PROFILE": "another", "AWS_DEFAULT_PROFILE": "also-mine", "PATH": "/bin"}); !maps.Equal(s, want) {
		t.Errorf("what was changed since is %v", s)
	}

	s = shellOf{"AWS_PROFILE": "it's $(mine), and odd"}
	s.evaluate(ReadHeld(s.getenv).Switch(Choice{Role: "a"}, profiles, time.Time{}, no))
	if strings.Contains(s[heldVariable], "odd") {
		t.Errorf("kept %q", s[heldVariable])
	}
}

// FuzzReadHeld: whatever stands in the variable, nothing that we did not set is unset, and what is written can be written for every shell.
func FuzzReadHeld(f *testing.F) {
	for _, text := range []string{
		"", "now=a:::,was=b:dev:acme:kn,AWS_PROFILE=00000000", "now=$(x):::,was=--help:::", "PATH=00000000", "now=a:b", ",,,=,", "now=a:::,now=b:::",
		strings.Repeat("A=00000000,", 2000), "DBXACCESS_SHELL=00000000", "was=-:::",
		"own=AWS_PROFILE:mine", "own=PATH:/evil,own=AWS_PROFILE:$(x),own=AWS_PROFILE:", "own=DATABRICKS_CONFIG_PROFILE:a b",
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
			for _, vars := range [][]Variable{vars, held.Clear()} {
				if _, err := Render(shell, vars); err != nil {
					t.Errorf("%s: %v", shell, err)
				}
			}
		}
		for _, v := range held.Clear() {
			if v.Value != "" && !slices.Contains(naming(), v.Name) {
				t.Errorf("%s is set to %q", v.Name, v.Value)
			}
		}
	})
}

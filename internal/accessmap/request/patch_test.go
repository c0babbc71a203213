package request_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// patched is what a patch makes of a text, by the rules of patch(1) without fuzz: every line of context and every line that goes
// must stand where the heading says.
func patched(text, patch string) (string, error) {
	lines := slices.Collect(strings.Lines(text))
	var out strings.Builder
	at := 0 // lines of the text that are done
	hunks := strings.Split(patch, "\n@@ -")
	if len(hunks) < 2 || strings.Count(hunks[0], "\n") != 1 || !strings.HasPrefix(hunks[0], "--- a/") {
		return "", fmt.Errorf("no patch: %q", patch)
	}
	for _, hunk := range hunks[1:] {
		heading, body, _ := strings.Cut(hunk, "\n")
		from, count, _ := strings.Cut(strings.Fields(heading)[0], ",")
		begin, err1 := strconv.Atoi(from)
		length, err2 := strconv.Atoi(count)
		if err1 != nil || err2 != nil {
			return "", fmt.Errorf("heading %q", heading)
		}
		if length > 0 {
			begin--
		}
		for ; at < begin; at++ {
			out.WriteString(lines[at])
		}
		parts := slices.Collect(strings.Lines(body + "\n"))
		for i, line := range parts {
			if strings.HasPrefix(line, "\\") || line == "\n" && i == len(parts)-1 {
				continue
			}
			content := line[1:]
			if i+1 < len(parts) && strings.HasPrefix(parts[i+1], "\\") {
				content = strings.TrimSuffix(content, "\n")
			}
			switch line[0] {
			case ' ', '-':
				if at >= len(lines) || lines[at] != content {
					return "", fmt.Errorf("line %d of %q is not %q", at+1, text, content)
				}
				if line[0] == ' ' {
					out.WriteString(content)
				}
				at++
				length--
			case '+':
				out.WriteString(content)
			default:
				return "", fmt.Errorf("line %q of %q", line, patch)
			}
		}
		if length != 0 {
			return "", fmt.Errorf("the heading of %q counts wrong by %d", patch, length)
		}
	}
	for ; at < len(lines); at++ {
		out.WriteString(lines[at])
	}
	return out.String(), nil
}

// within reports whether one text is the other with something put in.
func within(text, longer string) bool {
	at := 0
	for i := 0; i < len(longer) && at < len(text); i++ {
		if longer[i] == text[at] {
			at++
		}
	}
	return at == len(text)
}

// holdsExactly checks that a way's patch gives what was asked, and that nothing else differs: taken out of the new map again, it
// leaves the old one.
func holdsExactly(t testing.TB, text string, way request.Way, ask request.Ask) {
	t.Helper()
	result, err := patched(text, way.Patch)
	if err != nil {
		t.Fatal(err)
	}
	if !within(text, result) {
		t.Fatalf("the patch takes something out:\n%s", way.Patch)
	}
	before, err := accessmap.Parse("m", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	after, err := accessmap.Parse("m", []byte(result))
	if err != nil {
		t.Fatalf("%v\n%s", err, way.Patch)
	}
	if ask.Role == "" {
		e, err := after.Effective(way.Role)
		if err != nil {
			t.Fatal(err)
		}
		for action, has := range map[string][]string{accessmap.Read: e.Read, accessmap.Write: e.Write, accessmap.Delete: e.Delete} {
			if slices.Contains(ask.Actions, action) && !slices.Contains(has, ask.Dataset) {
				t.Fatalf("%s may not %s %s:\n%s", way.Role, action, ask.Dataset, way.Patch)
			}
		}
	}
	if len(ask.By) > 0 && !slices.ContainsFunc(ask.By, func(by request.Holder) bool {
		return slices.ContainsFunc(after.RolesFor(by.Identity, by.Claims, ask.Now), func(g accessmap.Grant) bool { return g.Role == way.Role })
	}) {
		t.Fatalf("who asks may not take %s:\n%s", way.Role, way.Patch)
	}
	if way.Kind == request.Rule {
		for _, by := range ask.By {
			for _, g := range after.RolesFor(by.Identity, by.Claims, ask.Now) {
				if g.Role == way.Role && !g.Until.Equal(ask.Until) {
					t.Fatalf("%s is given until %s: %s", g.Role, g.Until, way.Patch)
				}
			}
		}
	}
	if diff := cmp.Diff(accessmap.Changes(before, after), way.Changes); diff != "" {
		t.Fatal(diff)
	}
	takeOut(after, way, ask)
	same := cmp.Options{
		cmpopts.IgnoreUnexported(accessmap.Map{}, accessmap.Identity{}, accessmap.Workspace{}, accessmap.Dataset{}, accessmap.Role{}, accessmap.ClaimRule{}, accessmap.Given{}, accessmap.Handling{}),
		cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() }), cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(before, after, same); diff != "" {
		t.Fatalf("the patch does more:\n%s\n%s", way.Patch, diff)
	}
}

// takeOut undoes a way in a parsed map.
func takeOut(m *accessmap.Map, way request.Way, ask request.Ask) {
	without := func(list []string, item string) []string {
		return slices.DeleteFunc(list, func(s string) bool { return s == item })
	}
	switch i := m.Identities[way.Identity]; {
	case way.Kind == request.Grant:
		role := m.Roles[way.Role]
		for action, list := range map[string]*[]string{accessmap.Read: &role.Read, accessmap.Write: &role.Write, accessmap.Delete: &role.Delete} {
			if slices.Contains(way.Adds(), action) {
				*list = without(*list, ask.Dataset)
			}
		}
	case i.StartURL != "":
		i.Roles = notGiven(i.Roles, way.Role)
	default:
		rule := accessmap.Exactly(way.Group)
		if i.Groups[rule] = notGiven(i.Groups[rule], way.Role); len(i.Groups[rule]) == 0 {
			delete(i.Groups, rule)
		}
	}
}

func notGiven(list []accessmap.Given, role string) []accessmap.Given {
	return slices.DeleteFunc(list, func(g accessmap.Given) bool { return g.Role == role })
}

func TestPatchesGiveWhatWasAskedAndNothingElse(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for style, data := range styles() {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			patches := 0
			for _, ask := range everyAsk() {
				for _, way := range worked(t, data, ask).Ways {
					if way.Kind == request.Membership {
						continue
					}
					if way.Patch == "" {
						t.Errorf("%+v: no patch for %s", ask, way.Words())
						continue
					}
					patches++
					holdsExactly(t, data, way, ask)
				}
			}
			if patches < 60 {
				t.Errorf("%d patches", patches)
			}
		})
	}
}

// Git itself takes them.
func TestGitTakesThePatches(t *testing.T) {
	t.Parallel()
	git := needed.Program(t, "git")
	for style, data := range styles() {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "access-map.yaml")
			for _, ask := range []request.Ask{
				{Role: "churn-trainer", By: inGroups("analysts")}, {Role: "glass", By: inGroups("new one")},
				{Dataset: "pii", Actions: accessmap.Verbs(), By: inGroups("analysts")}, {Dataset: "pii", Actions: accessmap.Verbs(), By: inGroups("ml-scientists")},
			} {
				for _, way := range worked(t, data, ask).Ways {
					if way.Patch == "" {
						continue
					}
					want, err := patched(data, way.Patch)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
						t.Fatal(err)
					}
					letter := request.Letter{To: "#ml", Map: "x"}.Text("have it", []request.Way{way})
					cmd := exec.Command(git, "-c", "core.autocrlf=false", "apply", "-")
					cmd.Dir, cmd.Stdin = dir, strings.NewReader(letter)
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v: %s\n%s", err, out, letter)
					}
					if got, err := os.ReadFile(file); err != nil || string(got) != want {
						t.Errorf("%v, got %q", err, got)
					}
				}
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	for _, data := range styles() {
		f.Add([]byte(data), "analysts", uint8(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, group string, verbs uint8) {
		m, err := accessmap.Parse("m", data)
		if err != nil || len(data) > 1<<14 {
			return
		}
		var asks []request.Ask
		var by []request.Holder
		for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
			by = append(by, request.Holder{Identity: name, Claims: accessmap.Claims{Groups: []string{group}}})
		}
		var actions []string
		for i, action := range accessmap.Verbs() {
			if verbs&(1<<i) != 0 {
				actions = append(actions, action)
			}
		}
		const some = 3
		for _, role := range slices.Sorted(maps.Keys(m.Roles)) {
			if asks = append(asks, request.Ask{Role: role, By: by}); len(asks) > some {
				break
			}
		}
		for _, dataset := range slices.Sorted(maps.Keys(m.Datasets)) {
			if len(actions) == 0 || len(asks) > 2*some {
				break
			}
			asks = append(asks, request.Ask{Dataset: dataset, Actions: actions, By: by}, request.Ask{Dataset: dataset, Actions: actions})
		}
		for _, ask := range asks {
			ask.File = "access-map.yaml"
			answer, err := request.Work(m, data, ask)
			if err != nil {
				t.Fatal(err)
			}
			for _, way := range answer.Ways {
				if way.Patch != "" {
					holdsExactly(t, string(data), way, ask)
				}
			}
		}
	})
}

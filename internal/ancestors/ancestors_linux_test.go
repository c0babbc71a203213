package ancestors

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNamesMayHoldAnything(t *testing.T) {
	t.Parallel()
	for stat, want := range map[string]string{
		"12 (bash) S 7 1": "bash", "12 (a) b (c)) S 7 1": "a) b (c)", "12 () S 7": "", "12 bash S 7": "none", "12 (x) S": "none", "": "none", "12 (x) S y": "none",
	} {
		called, parent, ok := parse(stat)
		if want == "none" {
			if ok {
				t.Errorf("%q: %q", stat, called)
			}
		} else if !ok || called != want || parent != 7 {
			t.Errorf("%q: %q, %d, %v", stat, called, parent, ok)
		}
	}
}

// TestMain lets the test run this program below others.
func TestMain(m *testing.M) {
	if os.Getenv("ANCESTORS_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	for p := range All(3) {
		_, _ = os.Stdout.WriteString(p.Name + ": " + strings.Join(p.Words(), "|") + "\n")
	}
}

func TestProgramsAreToldNearestFirst(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `sh -c '"$0"; true' "$0"; true`, os.Args[0])
	cmd.Env = append(os.Environ(), "ANCESTORS_TEST_CHILD=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[0], `: sh|-c|"$0"; true`) || !strings.Contains(lines[1], `: sh|-c|sh -c`) || !strings.HasPrefix(lines[2], "ancestors.test: ") {
		t.Errorf("%q", lines)
	}
	if slices.Collect(All(0)) != nil {
		t.Error("more than were asked for")
	}
}

// Names are their owners' to choose, and other users' programs are among them.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"bash", "a) S 1 (b", "(", ")", "", "x\ny", ") S 99"} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, name string, above int) {
		called, parent, ok := parse("12 (" + name + ") S " + strconv.Itoa(above) + " 12 12 0 -1")
		if !ok || called != name || parent != above {
			t.Errorf("%q below %d is %q below %d, %t", name, above, called, parent, ok)
		}
	})
}

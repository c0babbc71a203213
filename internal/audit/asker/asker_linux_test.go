package asker

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// TestMain lets the test run this program below a shell.
func TestMain(m *testing.M) {
	if os.Getenv("ASKER_TEST_CHILD") != "" {
		_ = json.NewEncoder(os.Stdout).Encode(Here())
		return
	}
	os.Exit(m.Run())
}

func TestProgramsAreToldByTheirNamesAlone(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `"$0" "$@"; true`, os.Args[0], "--password=canary")
	cmd.Env = append(os.Environ(), "ASKER_TEST_CHILD=1")
	out, err := cmd.Output()
	var a audit.Asker
	if err == nil {
		err = json.Unmarshal(out, &a)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a.PID == 0 || a.Process == "" || len(a.Parents) == 0 || len(a.Parents) > maxParents || a.OS != "linux" || a.OSUserID == "" || a.Hostname == "" {
		t.Errorf("got %+v", a)
	}
	if !strings.HasPrefix(a.Parents[0], "asker.test") || a.PID != cmd.Process.Pid {
		t.Errorf("below %v (process %d of the shell): %+v", a.Parents, cmd.Process.Pid, a)
	}
	if strings.Contains(string(out), "canary") || strings.Contains(string(out), "password") {
		t.Errorf("its arguments are told: %s", out)
	}
}

func TestNamesMayHoldAnything(t *testing.T) {
	t.Parallel()
	if got := name("a\x1b[31m\nb" + strings.Repeat("x", 100)); strings.ContainsAny(got, "\x1b\n") || len([]rune(got)) > maxName+1 {
		t.Errorf("got %q", got)
	}
}

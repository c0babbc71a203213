package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// sitting is a person at a program that is running.
type sitting struct {
	d       *desk
	columns int
	wire    *os.File
	cmd     *exec.Cmd
	before  unix.Termios
	shown   strings.Builder
	out     strings.Builder
}

// sit starts the program on a terminal of its own. Stdout is none, as in $(dbxaccess env).
func (d *desk) sit(columns, rows int, args ...string) *sitting {
	d.t.Helper()
	return d.sitAt(columns, rows, filepath.Join(d.home, "bin", "dbxaccess"), args...)
}

// sitAt is sit with any program.
func (d *desk) sitAt(columns, rows int, program string, args ...string) *sitting {
	d.t.Helper()
	wire, tty := openTerminal(d.t, columns, rows)
	s := &sitting{d: d, columns: columns, wire: wire}
	s.before = *s.settings()
	s.cmd = exec.Command(program, args...)
	s.cmd.Dir, s.cmd.Env = d.home, d.env
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, &s.out, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(patience, func() {
		d.t.Errorf("%q hung", s.cmd.Args)
		_ = s.cmd.Process.Kill()
	})
	d.t.Cleanup(func() { hung.Stop(); _ = s.cmd.Process.Kill() })
	return s
}

func (s *sitting) settings() *unix.Termios {
	s.d.t.Helper()
	settings, err := unix.IoctlGetTermios(int(s.wire.Fd()), unix.TCGETS)
	if err != nil {
		s.d.t.Fatal(err)
	}
	return settings
}

// screen is what stands there now.
func (s *sitting) screen() string {
	return newPaper(s.columns, strings.NewReplacer(s.d.shown...).Replace(s.shown.String())).text()
}

// until reads until the screen is as wanted.
func (s *sitting) until(wanted func(screen string) bool) {
	s.d.t.Helper()
	for buffer := make([]byte, 4096); !wanted(s.screen()); {
		n, err := s.wire.Read(buffer)
		if s.shown.Write(buffer[:n]); err != nil {
			s.d.t.Fatalf("%v, having shown:\n%s", err, s.screen())
		}
	}
}

func (s *sitting) types(text string) {
	s.d.t.Helper()
	if _, err := s.wire.WriteString(text); err != nil {
		s.d.t.Fatal(err)
	}
}

// ends waits for the program's end, and returns its exit code and what is left on the screen. The terminal has to be as it was.
func (s *sitting) ends() (code int, screen string) {
	s.d.t.Helper()
	for buffer := make([]byte, 4096); ; {
		n, err := s.wire.Read(buffer)
		s.shown.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	err := s.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	}
	if after := *s.settings(); after != s.before {
		s.d.t.Errorf("it leaves the terminal as %+v, and found it as %+v", after, s.before)
	}
	return code, s.screen()
}

func shows(text string) func(string) bool {
	return func(screen string) bool { return strings.Contains(screen, text) }
}

// manyRoles is signed in as one who may take 200 roles.
func manyRoles(d *desk) {
	var names, roles strings.Builder
	for i := range 198 {
		team := []string{"ads", "churn", "fraud", "pricing", "search", "支付"}[i%6]
		fmt.Fprintf(&names, ", team-%03d", i)
		fmt.Fprintf(&roles, "  team-%03d:\n    description: Work on what the %s team keeps\n    aws: {role_arn: \"arn:aws:iam::111122223333:role/ml-reader\", region: us-east-1}\n    read: [features]\n", i, team)
	}
	text := d.server.Map()
	text = strings.Replace(text, "[ml-trainer]", "[ml-trainer"+names.String()+"]", 1)
	text = strings.Replace(text, "\nroles:\n", "\nroles:\n"+roles.String(), 1)
	d.file("map.yaml", text)
	alice(d)
	d.run(80, nil, "login", "--role", "ml-trainer", "--no-profiles", "--no-browser")
}

func TestScreensOfThePicker(t *testing.T) {
	for _, columns := range []int{60, 80, 120} {
		rows := map[int]int{60: 20, 80: 24, 120: 40}[columns]
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			manyRoles(d)
			var got strings.Builder
			s := d.sit(columns, rows, "env")
			for _, step := range []struct{ typed, says, until string }{
				{"", "dbxaccess env", "200 of 200"},
				{"\x1b[6~\x1b[B", "… Page Down, Down", map[int]string{60: "> team-016", 80: "> team-019", 120: "> team-019"}[columns]},
				{"fraud team-1", "… fraud team-1", "16 of 200"},
				{" payroll", "… payroll", "nothing has that"},
			} {
				s.types(step.typed)
				s.until(shows(step.until))
				if columns == 80 && strings.HasPrefix(step.typed, "fraud") {
					picture(t, "picker", []string{"env"}, newPaper(columns, s.shown.String()))
				}
				got.WriteString("$ " + step.says + "\n" + s.screen())
				if lines := strings.Count(s.screen(), "\n"); lines > rows {
					t.Errorf("%d lines on a terminal of %d", lines, rows)
				}
			}
			s.types("\x1b")
			code, screen := s.ends()
			if code != 130 || screen != "dbxaccess: nothing was chosen\n" {
				t.Errorf("after Esc: %d\n%s", code, screen)
			}
			compareScreen(t, fmt.Sprintf("picker-%d.txt", columns), got.String())
		})
	}
}

func compareScreen(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", "screens", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s is stale, or the program is wrong (make generate, and read the difference), %v:\n%s", path, err, cmp.Diff(string(want), got))
	}
}

// A role is found by a part of its name, taken with Enter, and stands first the next time; all of that on the terminal, while
// stdout has the answer alone.
func TestARoleIsChosenByKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	manyRoles(d)
	chooses := func(typed string, args ...string) (code int, screen, out string) {
		s := d.sit(80, 24, args...)
		s.until(shows(" of "))
		s.types(typed)
		code, screen = s.ends()
		return code, screen, s.out.String()
	}
	code, screen, out := chooses("m-19\x1b[B\x1b[B\x1b[A\r", "env", "--shell", "json")
	if code != 0 || strings.Contains(screen, "Which role?") || !strings.HasPrefix(out, "{") || strings.Contains(out, "\x1b") {
		t.Errorf("%d, on the screen:\n%s\nout:\n%s", code, screen, out)
	}
	s := d.sit(80, 24, "env")
	s.until(shows("> team-191 "))
	s.types(ctrlC)
	if code, screen := s.ends(); code != 130 || !strings.HasSuffix(screen, "dbxaccess: interrupted\n") || strings.Contains(screen, "team-") {
		t.Errorf("after Ctrl-C: %d\n%s", code, screen)
	}
	// A part of a name is as good as a search, and is not taken for the only role that has it.
	if code, screen, out := chooses("\r", "exec", "m-007", "--no-databricks", "--", "sh", "-c", "echo $DBXACCESS_ROLE"); code != 0 || out != "team-007\n" {
		t.Errorf("%d\n%s\n%s", code, screen, out)
	}
	// An agent, which may set nothing, is not offered that.
	d.env = append(d.env, "CLAUDECODE=1")
	code, screen, _ = chooses("ml-t\x12\x1b", "exec", "--no-databricks", "--", "true")
	d.env = d.env[:len(d.env)-1]
	if code != 130 || strings.Contains(screen, "default") {
		t.Errorf("%d\n%s", code, screen)
	}
	// Ctrl-R keeps it: nobody is asked any more.
	if code, screen, _ := chooses("ml-t\x12", "env", "--shell", "json"); code != 0 || !strings.Contains(screen, "ml-trainer is your default role now") {
		t.Errorf("%d\n%s", code, screen)
	}
	s = d.sit(80, 24, "exec", "--no-databricks", "--", "sh", "-c", "echo $DBXACCESS_ROLE")
	if code, screen := s.ends(); code != 0 || s.out.String() != "ml-trainer\n" {
		t.Errorf("%d\n%s\n%s", code, screen, s.out.String())
	}
	d.run(80, nil, "config", "unset", "default_role")
	for _, damaged := range []string{"{", strings.Repeat("x", 1<<20), `["` + strings.Repeat("x", 500) + `", "a\u001b[2Jb", "team-100"]`} {
		d.file(filepath.Join(".config", "dbxaccess", "recent-roles.json"), damaged)
		if code, screen, _ := chooses("\r", "env", "--shell", "json"); code != 0 {
			t.Errorf("with a damaged file %.20q: %d\n%s", damaged, code, screen)
		}
	}
}

func TestThePickerFollowsTheWindow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	manyRoles(d)
	s := d.sit(80, 24, "env")
	s.until(shows("200 of 200"))
	for _, size := range []unix.Winsize{{Col: 60, Row: 12}, {Col: 80, Row: 10}, {Col: 79, Row: 30}} {
		if err := unix.IoctlSetWinsize(int(s.wire.Fd()), unix.TIOCSWINSZ, &size); err != nil {
			t.Fatal(err)
		}
		s.until(func(screen string) bool { return strings.Count(screen, "\n") == min(int(size.Row)-1, 22) })
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, screen := s.ends(); code != 130 || screen != "dbxaccess: interrupted\n" {
		t.Errorf("after SIGTERM: %d\n%s", code, screen)
	}
}

// Ctrl-Z gives the terminal back without the list, and fg brings that again; a terminal that is gone ends it.
func TestThePickerIsStoppedAndContinued(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	manyRoles(d)
	s := d.sit(80, 24, "env")
	s.until(shows("200 of 200"))
	for range 2 {
		s.types("\x1a")
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(s.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			t.Fatalf("after Ctrl-Z: %#x, %v", status, err)
		}
		if after := *s.settings(); after != s.before {
			t.Errorf("stopped, it leaves the terminal as %+v", after)
		}
		s.until(func(screen string) bool { return !strings.Contains(screen, "role") })
		if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		s.until(shows("200 of 200"))
	}
	s.types("m-007")
	s.until(shows("1 of 200"))
	_ = s.wire.Close()
	if err := s.cmd.Wait(); err == nil || s.cmd.ProcessState.ExitCode() == 0 || s.cmd.ProcessState.UserTime() > time.Minute {
		t.Errorf("without its terminal: %v", s.cmd.ProcessState)
	}
}

// A shell that waits for $(dbxaccess env) would never continue what is stopped there.
func TestAShellsSubstitutionIsNotStopped(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	d := newDesk(t)
	manyRoles(d)
	d.env = append(d.env, "PS1=$ ")
	s := d.sitAt(200, 24, bash, "--norc", "--noprofile", "--noediting", "-i")
	s.types("x=$(dbxaccess env --shell json); echo $? ${#x}.; printf 'shell%s' back >&2\n")
	s.until(shows("200 of 200"))
	s.types("\x1am-007")
	s.until(shows("1 of 200"))
	s.types("\r")
	s.until(shows("shellback"))
	s.types("\x04")
	if _, screen := s.ends(); strings.Contains(screen, "Which role?") || !strings.Contains(s.out.String(), "0 ") {
		t.Errorf("%s\n%s", screen, s.out.String())
	}
}

func TestWithoutKeysANumberIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	manyRoles(d)
	d.env = append(d.env, "TERM=dumb")
	s := d.sit(80, 24, "env", "--shell", "json")
	s.until(shows("Number or name:"))
	if strings.Contains(s.shown.String(), "\x1b") {
		t.Errorf("written to a terminal that obeys nothing: %q", s.shown.String())
	}
	s.types("M-007\n")
	if code, screen := s.ends(); code != 0 || !strings.HasPrefix(s.out.String(), "{") {
		t.Errorf("%d\n%s", code, screen)
	}
	d.env = append(d.env, "TERM=xterm", "NO_COLOR=1")
	s = d.sit(80, 24, "env")
	s.until(shows("> team-007"))
	if strings.Contains(s.shown.String(), "\x1b[1m") {
		t.Errorf("painted without colours: %q", s.shown.String())
	}
	s.types("\x1b")
	if code, _ := s.ends(); code != 130 {
		t.Error(code)
	}
}

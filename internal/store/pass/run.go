package pass

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// program is one run of pass or gpg.
type program struct {
	name   string
	args   []string
	store  string        // PASSWORD_STORE_DIR
	mayAsk bool          // GnuPG may have pinentry ask for a passphrase
	time   time.Duration // how long it may take; 0: maxRun
	stdin  io.Reader
}

// outcome is what a program printed and how it ended.
type outcome struct {
	command.Output
	err error
}

const (
	maxStderr = 64 << 10        // bytes
	agentWait = 2 * time.Second // for an answer that takes gpg-agent no time

	// statusMark begins the lines on stderr that are for programs (doc/DETAILS of GnuPG, "Format of the --status-fd
	// output"). Texts for people are translated.
	statusMark = "[GNUPG:] "

	pinentryLaunched = "PINENTRY_LAUNCHED"
)

// gpgOptions: no questions on a terminal, statuses on stderr, and no key looked up on a network.
var gpgOptions = []string{"--batch", "--no-tty", "--status-fd=2", "--no-auto-key-locate"}

// neverAsk makes GnuPG fail where it would have pinentry ask. A passphrase that gpg-agent remembers still serves.
const neverAsk = "--pinentry-mode=error"

// gpg is a run of the GnuPG that pass would run.
func gpg(stdin io.Reader, args ...string) program {
	name := "gpg2"
	if _, err := exec.LookPath(name); err != nil {
		name = "gpg"
	}
	return program{name: name, args: slices.Concat(gpgOptions, []string{neverAsk, "--quiet"}, args), stdin: stdin}
}

// maxRun bounds one run where the operation that it is part of has more time.
const maxRun = time.Minute

// run runs a program as command.Run does. A gpg-agent that it started leaves the session and stays, as it should.
func (p *passwords) run(ctx context.Context, r program) outcome {
	what := "waiting for " + r.name
	if r.mayAsk {
		what += ": GnuPG may be asking for your key's passphrase, perhaps in another window"
	}
	out, err := command.Run(ctx, command.Program{
		Argv: append([]string{r.name}, r.args...), Env: passEnvironment(os.Environ(), r), Stdin: r.stdin,
		Time: cmp.Or(r.time, maxRun), Stdout: backend.MaxFile, Stderr: maxStderr,
		Waiting: func() func() { return p.waiting(what) },
	})
	return outcome{out, err}
}

// agentAnswers returns why gpg-agent does not answer a question that needs no key, nil if it does or can't be asked.
func (p *passwords) agentAnswers(ctx context.Context) error {
	asked := p.run(ctx, program{name: "gpg-connect-agent", args: []string{"GETINFO version", "/bye"}, time: agentWait})
	if errors.Is(asked.err, command.ErrTooLong) {
		return about.Unavailable(backend.Hung, errors.New("gpg-agent does not answer"))
	}
	return nil
}

// passed are the variables that pass and GnuPG get, which gives them to pinentry. Others may hold secrets, and a
// gpg-agent that is started here keeps its environment for as long as it runs. Nor does pass get what would change the
// items' keys or modes.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TMPDIR", "TERM", "XDG_RUNTIME_DIR", "GNUPGHOME",
	"PASSWORD_STORE_SIGNING_KEY",
	"GPG_TTY", "DISPLAY", "XAUTHORITY", "XMODIFIERS", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM",
	"GTK_IM_MODULE", "QT_IM_MODULE", "DBUS_SESSION_BUS_ADDRESS", "INSIDE_EMACS", "PINENTRY_USER_DATA",
}

func passEnvironment(own []string, p program) []string {
	var env, options []string
	for _, variable := range own {
		name, value, _ := strings.Cut(variable, "=")
		if slices.Contains(passed, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, variable)
		}
		if name == "PASSWORD_STORE_GPG_OPTS" {
			options = strings.Fields(value)
		}
	}
	options = append(options, gpgOptions...)
	if !p.mayAsk {
		options = append(options, neverAsk)
	}
	return append(env, "PASSWORD_STORE_DIR="+p.store, "PASSWORD_STORE_GPG_OPTS="+strings.Join(options, " "))
}

// statuses returns the arguments, in one text, of each status of one kind that GnuPG gave.
func (o outcome) statuses(kind string) (found []string) {
	for line := range strings.Lines(string(o.Stderr)) {
		if status, ok := strings.CutPrefix(strings.TrimSpace(line)+" ", statusMark+kind+" "); ok {
			found = append(found, strings.TrimSpace(status))
		}
	}
	return found
}

// dismissPinentry ends the pinentry that GnuPG waited for. It is a child of gpg-agent, which serves no other process
// until then.
func dismissPinentry(o outcome) {
	for _, args := range o.statuses(pinentryLaunched) {
		first, _, _ := strings.Cut(args, " ")
		if pid, err := strconv.Atoi(first); err == nil && pid > 1 {
			if pinentry, err := os.FindProcess(pid); err == nil {
				_ = pinentry.Signal(syscall.SIGTERM)
			}
		}
	}
}

// lastWords is the last line of stderr for people, cut to 200 bytes, between characters.
func (o outcome) lastWords() error {
	last := o.err.Error()
	for line := range strings.Lines(string(o.Stderr)) {
		if line = strings.TrimSpace(strings.ToValidUTF8(line, "")); line != "" && !strings.HasPrefix(line, statusMark) {
			last = line
		}
	}
	return errors.New(strings.ToValidUTF8(last[:min(len(last), 200)], ""))
}

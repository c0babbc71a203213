package pass

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// program is one run of pass or gpg.
type program struct {
	name   string
	args   []string
	store  string // PASSWORD_STORE_DIR
	mayAsk bool   // GnuPG may have pinentry ask for a passphrase
	stdin  io.Reader
}

// outcome is what came of it.
type outcome struct {
	command.Output
	err error
}

const (
	maxStderr = 64 << 10 // bytes

	// statusMark begins the lines on stderr that are for machines (doc/DETAILS of GnuPG, "Format of the --status-fd
	// output"). Texts for people are translated.
	statusMark = "[GNUPG:] "
)

// gpgOptions: no questions on a terminal, machine-readable words on stderr, and no key looked up on a network.
var gpgOptions = []string{"--batch", "--no-tty", "--status-fd=2", "--no-auto-key-locate"}

// neverAsk makes GnuPG fail where it would have pinentry ask. A passphrase that gpg-agent remembers still serves.
const neverAsk = "--pinentry-mode=error"

// gpg is a run of GnuPG, of the program that pass would take.
func gpg(stdin io.Reader, args ...string) program {
	name := "gpg2"
	if _, err := exec.LookPath(name); err != nil {
		name = "gpg"
	}
	return program{name: name, args: slices.Concat(gpgOptions, []string{neverAsk, "--quiet"}, args), stdin: stdin}
}

// execute runs a program until it or the context ends. It gets a session of its own: without a terminal to ask on, and all
// its children are ended with it. A gpg-agent that it started leaves that session and stays, as it should.
func execute(ctx context.Context, p program) outcome {
	cmd := exec.CommandContext(ctx, p.name, p.args...) //nolint:gosec // pass or gpg
	cmd.Env = passEnvironment(os.Environ(), p)
	cmd.Stdin = p.stdin
	out, err := command.Run(cmd, backend.MaxFile, maxStderr)
	return outcome{out, err}
}

// passed are the variables that pass and GnuPG get, the latter to hand them on to pinentry. There may be secrets in
// others, and a gpg-agent that is started here keeps what it is given for as long as it runs. Nor does pass get what
// would change which keys items are encrypted to, or their modes.
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

// statuses returns the arguments of each status of one kind that GnuPG gave.
func (o outcome) statuses(kind string) (found [][]string) {
	for line := range strings.Lines(string(o.Stderr)) {
		if status, forMachines := strings.CutPrefix(line, statusMark); forMachines {
			if words := strings.Fields(status); len(words) > 0 && words[0] == kind {
				found = append(found, words[1:])
			}
		}
	}
	return found
}

// dismissPinentry ends the pinentry that GnuPG waited for. It is a child of gpg-agent, which serves no one else,
// and so no helper, as long as it is there.
func dismissPinentry(o outcome) {
	for _, args := range o.statuses("PINENTRY_LAUNCHED") {
		if len(args) == 0 {
			continue
		}
		if pid, err := strconv.Atoi(args[0]); err == nil && pid > 1 {
			if pinentry, err := os.FindProcess(pid); err == nil {
				_ = pinentry.Signal(syscall.SIGTERM)
			}
		}
	}
}

// lastWords is the last line of stderr that is meant for people.
func (o outcome) lastWords() error {
	const longest = 200 // bytes
	last := o.err.Error()
	for line := range strings.Lines(string(o.Stderr)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, statusMark) {
			last = line
		}
	}
	return errors.New(last[:min(len(last), longest)])
}

package mcpcmd

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// programs are the two of the product. This one may only be run by the other's name for what people type.
type programs struct{ dbxaccess, admin string }

// findPrograms looks for dbxaccess beside this program, as that has found this one.
func (c *call) findPrograms() (programs, error) {
	self, err := os.Executable()
	if err != nil {
		self = c.Arg0
	}
	name := "dbxaccess"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, own := range []string{c.Arg0, self} {
		if !filepath.IsAbs(own) {
			continue
		}
		path := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && localfile.Trusted(path) == nil {
			return programs{path, self}, nil
		}
	}
	return programs{}, ui.Errorf("dbxaccess-missing", ui.Failed, "there is no dbxaccess beside %s", ui.Clean(self)).
		With(ui.Advice("install both programs from the same release, in one directory"))
}

// environment is that of a program of ours which works for the agent.
func (c *call) environment(more ...string) []string {
	environ := append(c.Environ(), "DBXACCESS_AGENT="+c.agent)
	if phrase := c.Passphrase.Reveal(); phrase != "" { // it takes it out of the environment as this one did
		environ = append(environ, settings.PassphraseVariable+"="+phrase)
	}
	return append(environ, more...)
}

const (
	// maxAnswer bounds what a program of ours answers, in bytes.
	maxAnswer = 4 << 20
	// maxWords bounds what it says beside that.
	maxWords = 16 << 10
	// farewell is how long a command is waited for that was told to end, and endTime how long after its own limit.
	farewell, endTime = 5 * time.Second, 30 * time.Second
)

// errorOf is the error of a program of ours that has ended with one, from what it said; its id is that of the last refusal, if that says the same.
func (c *call) errorOf(ctx context.Context, err error, said []byte) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || ctx.Err() != nil {
		return err
	}
	var what string
	var fix []string
	for line := range strings.Lines(ui.CleanLines(string(said))) {
		line = strings.TrimRight(line, "\n")
		if text, ok := strings.CutPrefix(line, "dbxaccess: "); ok && !strings.HasPrefix(text, "warning: ") {
			what, fix = text, nil
		} else if text, ok := strings.CutPrefix(line, "  "); ok && what != "" {
			fix = append(fix, strings.TrimSpace(text))
		}
	}
	if what == "" {
		return ui.Errorf("program-ended", ui.Failed, "dbxaccess ended with exit code %d, and said nothing that is understood", exit.ExitCode()).With(ui.Command("dbxaccess doctor"))
	}
	failed := &ui.Error{ID: "program-ended", Code: max(ui.Code(exit.ExitCode()), ui.Failed), Err: errors.New(what), Fix: ui.Command(fix...)}
	if last, err := c.LastRefusal(ctx); err == nil && last != nil && last.Text == what {
		failed.ID, failed.Fix = last.ID, last.Fix
	}
	return failed
}

// held runs a program of ours for as long as its stdin, and calls line with each line that it writes. When ctx ends its stdin does, and
// soon the program.
func (c *call) held(ctx context.Context, argv []string, limit time.Duration, line func([]byte)) (said []byte, err error) {
	alive, leave, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = alive.Close(), leave.Close() }()
	running, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	defer context.AfterFunc(ctx, func() {
		_ = leave.Close()
		time.AfterFunc(farewell, kill)
	})()
	out, err := command.Run(running, command.Program{
		Argv: argv, Env: c.environment(), Stdin: alive, Time: limit + endTime, Stderr: maxWords, Into: &cutter{line: line},
	})
	if ctx.Err() != nil {
		return out.Stderr, context.Cause(ctx)
	}
	return out.Stderr, err
}

// cutter cuts what is written into lines, of maxAnswer at most.
type cutter struct {
	line func([]byte)
	rest []byte
}

func (c *cutter) Write(data []byte) (int, error) {
	c.rest = append(c.rest, data...)
	if len(c.rest) > maxAnswer {
		return 0, errors.New("a line is too long")
	}
	for {
		i := strings.IndexByte(string(c.rest), '\n')
		if i < 0 {
			return len(data), nil
		}
		c.line(c.rest[:i])
		c.rest = c.rest[i+1:]
	}
}

// ours runs dbxaccess with -o json, and reads its answer into one. An exit code of 1 with an answer is findings, and no error.
func (c *call) ours(ctx context.Context, program string, stdin io.Reader, into any, args ...string) error {
	out, err := command.Run(ctx, command.Program{
		Argv: append([]string{program}, args...), Env: c.environment(), Stdin: stdin, Time: 10 * time.Minute, Stdout: maxAnswer, Stderr: maxWords,
	})
	exit, exited := errors.AsType[*exec.ExitError](err)
	if err == nil || exited && exit.ExitCode() == 1 && len(out.Stdout) > 0 {
		if json.Unmarshal(out.Stdout, into) == nil {
			return nil
		}
	}
	if err == nil {
		return errNoAnswer
	}
	return c.errorOf(ctx, err, out.Stderr)
}

// errNoAnswer is what can't be: a command of ours ended well and answered with no JSON.
var errNoAnswer = errors.New("dbxaccess answered with what is not understood")

package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/become"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// adminProgram is the program with the commands for platform engineers and auditors. It is run through dbxaccess, never directly.
const adminProgram = "dbxaccess-admin"

// startedBy tells the other program which build starts it.
const startedBy = "DBXACCESS_STARTED_BY"

// ForAdmins is a command of dbxaccess-admin as dbxaccess shows it in its help.
func ForAdmins(name, short string) Command {
	return Command{Name: name, admin: true, New: func(*Env) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, GroupID: adminProgram, Run: func(*cobra.Command, []string) {}}
	}}
}

// AdminVerb is a verb of dbxaccess-admin below a noun of dbxaccess, as that shows it in its help: see Command.AdminVerbs.
func AdminVerb(name, short string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Run: func(*cobra.Command, []string) {}}
}

// forAdmin reports whether the arguments name a command of the other program, to be run, explained or completed.
func forAdmin(commands []Command, args []string) bool {
	name, rest := cutWord(args)
	completes := false
	switch name {
	case cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		completes = true
		fallthrough
	case "help":
		name, rest = cutWord(rest)
	}
	verb, behind := cutWord(rest)
	if completes && len(behind) == 0 {
		verb = "" // it is being typed
	}
	return slices.ContainsFunc(commands, func(c Command) bool {
		return c.Name == name && (c.admin || slices.Contains(c.AdminVerbs, verb))
	})
}

// becomeAdmin goes through the door to the other program, with the arguments and the environment as they are. starter is the
// build that has come through it already, which would go round in a circle; "" for none.
func becomeAdmin(args []string, starter string, v Version, unharden func()) error {
	path, err := findAdmin(args[0])
	if err != nil {
		return err
	}
	if starter != "" {
		return ui.Errorf("admin-program-wrong", ui.Failed, "%s is not the program its name says", ui.Clean(path)).
			With(ui.Advice("install it from the same release as dbxaccess"))
	}
	err = Become(unharden, path, slices.Concat([]string{path}, args[1:]), append(os.Environ(), startedBy+"="+v.Build()))
	if _, ended := errors.AsType[Ended](err); ended || err == nil {
		return err
	}
	return ui.Errorf("admin-program-failed", ui.Failed, "%s can't be run: %w", ui.Clean(path), err).
		With(ui.Advice("install it from the same release as dbxaccess"))
}

// Become replaces this process with a program; on Windows it waits for it, and Ended is its exit code other than 0. unharden
// is the Process's own.
func Become(unharden func(), path string, args, environ []string) error {
	unharden()
	err := become.Program(path, args, environ)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return Ended(exit.ExitCode())
	}
	return err
}

// findAdmin looks beside this program: where the path that it was called by leads, then where its links end. It never goes by
// PATH, and takes no program that another user could have put there: it would get the keyring's passphrase.
func findAdmin(arg0 string) (string, error) {
	self, _ := os.Executable() // "" without a /proc, as in some sandboxes: nothing can be looked for then
	name := adminProgram
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	var looked []string
	for _, own := range []string{calledBy(arg0, self), self, resolved(self)} {
		if own == "" || slices.Contains(looked, filepath.Dir(own)) {
			continue
		}
		path := filepath.Join(filepath.Dir(own), name)
		info, err := os.Stat(path)
		fix := ui.Fix(nil)
		if errors.Is(err, fs.ErrNotExist) {
			looked = append(looked, filepath.Dir(own))
			continue
		}
		if err == nil && !info.Mode().IsRegular() {
			err, fix = errors.New("it is not a file"), ui.Advice("move it away, and install the program from the same release as dbxaccess")
		}
		if err == nil {
			err = localfile.Trusted(path)
		}
		if err != nil {
			return "", ui.Errorf("admin-program-untrusted", ui.Failed, "%s can't be trusted with this command: %w", ui.Clean(path), err).With(fix)
		}
		return path, nil
	}
	place := "the directory of dbxaccess, which can't be told"
	if len(looked) > 0 {
		place = ui.Clean(looked[0])
	}
	return "", ui.Errorf("admin-program-missing", ui.Failed, "this command is one of %s, which is not installed in %s", adminProgram, place).
		With(ui.Advice("install it beside dbxaccess, from the same release; with Go:"),
			ui.Command("go install github.com/dbxaccess/dbxaccess/cmd/...@latest"))
}

// calledBy is the path that this program was called by, "" if that is a bare name, which PATH decides on, or leads to another
// program.
func calledBy(arg0, self string) string {
	if filepath.Base(arg0) == arg0 {
		return ""
	}
	path, err := filepath.Abs(arg0)
	if err != nil {
		return ""
	}
	called, err := os.Stat(path)
	if err != nil {
		return ""
	}
	if own, err := os.Stat(self); err != nil || !os.SameFile(called, own) {
		return ""
	}
	return path
}

func resolved(path string) string {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return path
}

// hasDoor reports whether a program of these commands is dbxaccess itself.
func hasDoor(commands []Command) bool {
	return slices.ContainsFunc(commands, func(c Command) bool { return c.admin || len(c.AdminVerbs) > 0 })
}

// checkStarter refuses to work for another build of dbxaccess: the two share what the keyring holds. dbxaccess itself, which
// has the door among its commands, is started by nobody.
func checkStarter(commands []Command, starter string, v Version) error {
	if hasDoor(commands) || starter == "" || starter == v.Build() {
		return nil
	}
	return ui.Errorf("admin-program-other-version", ui.Failed, "dbxaccess is %s, and the %s beside it is %s",
		ui.Clean(starter), adminProgram, v.Build()).With(ui.Advice("install both from the same release"))
}

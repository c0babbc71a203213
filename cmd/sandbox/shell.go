package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// shell is a person's shell, set up by a file of the scratch home. Its prompt names the demo, and the role that dbx took.
type shell struct {
	path string
	args []string
	file string // which it reads when it starts, with script in it; "" for none
	text string
	env  []string
}

// shellOf sets up the person's own shell where it is one of those that dbxaccess knows, else the one that every system has.
func shellOf(goos, own string, h *home) shell {
	if goos == "windows" {
		return shell{path: "cmd.exe", args: []string{"/K", "prompt [dbxaccess demo] $P$G"}}
	}
	const hook = `eval "$(dbxaccess shell-init %s)"` + "\n"
	prompt := `PS1='[dbxaccess demo${DBXACCESS_ROLE:+ $DBXACCESS_ROLE}] $ '` + "\n"
	switch filepath.Base(own) {
	case "bash":
		return shell{path: own, args: []string{"-i"}, file: filepath.Join(h.dir, ".bashrc"), text: fmt.Sprintf(hook, "bash") + prompt}
	case "zsh":
		return shell{
			path: own, args: []string{"-i"}, file: filepath.Join(h.dir, ".zshrc"),
			text: fmt.Sprintf(hook, "zsh") + "setopt PROMPT_SUBST\n" + prompt,
		}
	case "fish":
		return shell{
			path: own, args: []string{"-i"}, file: filepath.Join(h.in("config"), "fish", "config.fish"),
			text: "dbxaccess shell-init fish | source\n" +
				"function fish_prompt; echo -n \"[dbxaccess demo$(test -n \"$DBXACCESS_ROLE\"; and echo \" $DBXACCESS_ROLE\")] \\$ \"; end\n" +
				"set -g fish_greeting\n",
		}
	}
	file := filepath.Join(h.dir, ".shrc")
	return shell{path: "/bin/sh", args: []string{"-i"}, file: file, text: fmt.Sprintf(hook, "sh") + prompt, env: []string{"ENV=" + file}}
}

// manual is the variable by which man finds the pages of the repository that the demo is run in, or whose bin the program is in; "" where
// there are none. man looks for pages in a folder man1, and where it looks else by the empty name behind the colon.
func (h *home) manual(binary string) (string, error) {
	for _, beside := range []string{".", filepath.Dir(filepath.Dir(binary))} {
		pages, err := filepath.Abs(filepath.Join(beside, "man"))
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(pages, "dbxaccess.1")); err != nil {
			continue
		}
		if err := errors.Join(os.Mkdir(h.in("man"), 0o700), os.Symlink(pages, filepath.Join(h.in("man"), "man1"))); err != nil {
			return "", fmt.Errorf("laying out the manual: %w", err)
		}
		return "MANPATH=" + h.in("man") + ":", nil
	}
	return "", nil
}

// hands leaves the person in a shell in which the role's sign-in is, until it ends.
func (d *demo) hands(ctx context.Context) error {
	s := shellOf(runtime.GOOS, os.Getenv("SHELL"), d.home)
	if s.file != "" {
		if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
			return fmt.Errorf("making the shell's folder: %w", err)
		}
		if err := os.WriteFile(s.file, []byte(s.text), 0o600); err != nil {
			return fmt.Errorf("writing what the shell reads: %w", err)
		}
	}
	for name, text := range materials() {
		if err := d.lay(name, text); err != nil {
			return err
		}
	}
	d.log.say(`
You are in a shell of the demo's now, signed in as %s; every further sign-in is approved for you. Try

%s$ dbxaccess
%s$ dbx %s
%s$ dbxaccess doctor
%s$ dbxaccess exec %s -- printenv
%s$ dbxaccess audit trace --cloudtrail %s
%s$ dbxaccess explain %s
%s$ dbxaccess scan %s

exit ends the shell and the servers, and removes all of it.`,
		demoUser, indent, indent, demoRole, indent, indent, demoRole, indent, trailName, indent, refusalName, indent, notebookName)
	if runtime.GOOS != "windows" { // which has no man
		manual, err := d.home.manual(d.binary)
		if err != nil {
			return err
		}
		if manual != "" {
			s.env = append(s.env, manual)
		}
	}
	approving, end := context.WithCancel(ctx)
	defer end()
	go approveAll(approving, d.sandbox, func(string, error) {})

	//nolint:gosec // The person's own shell.
	cmd := exec.CommandContext(ctx, s.path, s.args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = d.home.dir, d.in, d.log.out, d.log.out
	cmd.Env = slices.Concat(d.env, []string{"SHELL=" + s.path}, s.env)
	// A shell at a terminal ends by a hangup and tells its jobs, and not by anything gentler.
	cmd.Cancel = func() error { return hangUp(cmd.Process) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); ended && ctx.Err() == nil {
		return nil // with the code of the last command, as shells do
	}
	if err != nil {
		return fmt.Errorf("the shell %s: %w", strings.TrimSpace(s.path), err)
	}
	return nil
}

package main

import (
	"cmp"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// ready ends the prompt of each shell. What a shell shows of a line that is typed does not end like this.
const ready = "#ready> "

// typedShells are shells as people have them, at a terminal, with shell-init in the file that they read as they start.
var typedShells = map[string]struct {
	program string
	args    []string
	rc      string // the file, in the home
	text    string // of it
	show    string // shows the role between brackets, without having that text itself
	own     string // has the person's own profile named
}{
	// Without the package bash-completion, as most have it.
	"bash": {"bash", []string{"--rcfile", ".bashrc", "-i"}, ".bashrc",
		"PS1='" + ready + "'\nbind 'set enable-bracketed-paste off'\neval \"$(dbxaccess shell-init bash)\"\n", `echo "[$DBXACCESS_ROLE:$AWS_PROFILE]"`, "export AWS_PROFILE=mine"},
	"zsh": {"zsh", []string{"-i"}, ".zshrc",
		"autoload -Uz compinit; compinit -u\nsetopt no_prompt_cr\nunset zle_bracketed_paste\nPROMPT='" + ready + "'\neval \"$(dbxaccess shell-init zsh)\"\n", `echo "[$DBXACCESS_ROLE:$AWS_PROFILE]"`, "export AWS_PROFILE=mine"},
	"fish": {"fish", []string{"-i"}, ".config/fish/config.fish",
		"set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt; echo -n '" + ready + "'; end\ndbxaccess shell-init fish | source\n", `echo "[$DBXACCESS_ROLE:$AWS_PROFILE]"`, "set -gx AWS_PROFILE mine"},
	"nushell": {"nu", []string{"--config", "config.nu", "-i"}, "config.nu", "", `print $"[($env.DBXACCESS_ROLE?):($env.AWS_PROFILE?)]"`, `$env.AWS_PROFILE = "mine"`},
}

// TestDBXInShells types what a person types, in real shells on terminals of their own.
func TestDBXInShells(t *testing.T) {
	t.Parallel()
	for name := range maps.Keys(typedShells) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTypedShell(t, name)
			show := typedShells[name].show
			s.types(show, "[:]")
			s.types("dbx ml-tr\t", "ml-trainer, by profiles")
			s.types(show, "[ml-trainer:dbx-ml-trainer]")
			s.types("dbx ml-reader", "ml-reader, by profiles")
			s.types("dbx -", "ml-trainer, by profiles")
			s.types(show, "[ml-trainer:dbx-ml-trainer]")
			// A list, and Ctrl-C: the shell stays as it was.
			s.send("dbx\r")
			s.await("Read the feature store")
			s.send(ctrlC)
			s.await("interrupted")
			s.await(ready)
			s.types(show, "[ml-trainer:dbx-ml-trainer]")
			s.types("dbx ml-nope", "no role")
			s.types(show, "[ml-trainer:dbx-ml-trainer]")
			s.types("dbx --off", "no role now")
			s.types(show, "[:]")
			// What the person had named themselves comes back.
			s.send(typedShells[name].own + "\r")
			s.await(ready)
			s.types("dbx ml-reader", "ml-reader, by profiles")
			s.types(show, "[ml-reader:dbx-ml-reader]")
			s.types("dbx --off", "AWS_PROFILE is mine")
			s.types(show, "[:mine]")
		})
	}
}

// TestCompletionInShells: roles, with what they are; datasets; nothing that is typed is run.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	for name := range maps.Keys(typedShells) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTypedShell(t, name)
			// Nushell lists at the first Tab, and may lose what is typed while it asks for what there is.
			list := "\t\t"
			if name == "nushell" {
				list = "\t"
			}
			s.send(`dbxaccess env --reason "$(touch bad)" ml-` + list)
			s.await("Read the feature store")
			if _, err := os.Stat(filepath.Join(s.home, "bad")); err == nil {
				t.Error("what was typed was run")
			}
			if name == "nushell" {
				return
			}
			s.abandon()
			s.send("dbxaccess exec ml-reader --scope fea\t")
			s.await("features")
			s.abandon()
			s.send("dbxaccess exec ml-reader -- sha256s\t")
			s.await("sha256sum")
			s.abandon()
		})
	}
}

// typedShell is a shell at a terminal.
type typedShell struct {
	t    *testing.T
	home string
	name string
	wire *os.File
	read chan string
	seen string // and not yet waited for
	all  strings.Builder
}

func newTypedShell(t *testing.T, name string) *typedShell {
	t.Helper()
	shell := typedShells[name]
	program := needed.Program(t, shell.program)
	d := newDesk(t)
	aliceSignedIn(d)
	text := shell.text
	if name == "nushell" {
		cmd := exec.Command(filepath.Join(d.home, "bin", "dbxaccess"), "shell-init", "nushell")
		cmd.Env = d.env
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		text = string(out) + "\n$env.PROMPT_COMMAND = {|| '" + ready + "' }\n$env.PROMPT_COMMAND_RIGHT = {|| '' }\n" +
			"$env.PROMPT_INDICATOR = ''\n$env.config.show_banner = false\n$env.config.render_right_prompt_on_last_line = false\n"
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(d.home, shell.rc)), 0o700); err != nil {
		t.Fatal(err)
	}
	d.file(shell.rc, text)
	wire, tty := openTerminal(t, 100, 40)
	cmd := exec.Command(program, shell.args...)
	cmd.Dir = d.home
	cmd.Env = append(slices.Clone(d.env), "ZDOTDIR="+d.home, "HISTFILE=", "XDG_DATA_HOME=", "LANG=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	s := &typedShell{t: t, home: d.home, name: name, wire: wire, read: make(chan string, 100)}
	go s.listen()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s wrote:\n%q", name, s.all.String())
		}
	})
	s.await(ready)
	return s
}

// listen reads what the shell writes, and answers as a terminal does what it asks.
func (s *typedShell) listen() {
	defer close(s.read)
	for buffer := make([]byte, 4096); ; {
		n, err := s.wire.Read(buffer)
		text := string(buffer[:n])
		for range strings.Count(text, "\x1b[6n") {
			_, _ = s.wire.WriteString("\x1b[1;1R")
		}
		s.read <- text
		if err != nil {
			return
		}
	}
}

func (s *typedShell) send(keys string) {
	s.t.Helper()
	if _, err := s.wire.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// await waits until the shell has written a text since what was last waited for.
func (s *typedShell) await(text string) {
	s.t.Helper()
	hung := time.After(patience)
	for !strings.Contains(s.seen, text) {
		select {
		case more, open := <-s.read:
			if !open {
				s.t.Fatalf("%s ended and has not written %q", s.name, text)
			}
			s.seen += more
			s.all.WriteString(more)
		case <-hung:
			s.t.Fatalf("%s has not written %q", s.name, text)
		}
	}
	_, s.seen, _ = strings.Cut(s.seen, text)
}

// types types a line, and waits for what is to be seen, and for the shell to be ready again. What is typed before that would be lost in some
// shells.
func (s *typedShell) types(line, seen string) {
	s.t.Helper()
	s.send(line)
	if strings.HasSuffix(line, "\t") {
		s.await("ml-trainer")
	}
	s.send("\r")
	s.await(seen)
	s.await(ready)
}

// abandon drops the line that is being typed.
func (s *typedShell) abandon() {
	s.t.Helper()
	drop := map[string]string{"fish": "\x1b\x15"} // Escape leaves a menu
	s.send(cmp.Or(drop[s.name], "\x15"))
	s.types(typedShells[s.name].show, "[:]")
}

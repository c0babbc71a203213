package ui

import (
	"cmp"
	"io"
	"runtime"
	"slices"
	"strings"
)

// Fix is how to fix something, in steps; nil where nothing is known.
type Fix []Step

// Step is one line of a Fix.
type Step struct {
	Text   string
	Copied bool // exactly, as a command or a part of JSON is
	Admin  bool // an administrator takes it: the person only passes it on, see Letter
}

// Command is a Fix that is copied, line by line.
func Command(lines ...string) Fix { return steps(true, lines) }

// Advice is a Fix in words, a step a line.
func Advice(lines ...string) Fix { return steps(false, lines) }

// ForAdmin is Advice for whoever administers what failed: the provider, the AWS account, the workspace, the map.
func ForAdmin(lines ...string) Fix { return Advice(lines...).ForAdmin() }

// ForAdmin returns the Fix with each step an administrator's.
func (f Fix) ForAdmin() Fix {
	fix := slices.Clone(f)
	for i := range fix {
		fix[i].Admin = true
	}
	return fix
}

// Letterhead is whom a letter is sent to, and what it is signed with: who, when, by which program. Each may be "".
type Letterhead struct{ To, From string }

// Letter is the Fix as the person reads it: their own steps, then what an administrator does as a text to be sent to somebody, which
// begins with what happened. A Fix without such steps stays as it is.
func (f Fix) Letter(head Letterhead, what string) Fix {
	own, theirs := Fix{}, Fix{}
	for _, step := range f {
		if step.Admin {
			theirs = append(theirs, Step{Text: letterIndent + step.Text, Copied: step.Copied})
		} else {
			own = append(own, step)
		}
	}
	if len(theirs) == 0 {
		return f
	}
	if head.From != "" {
		theirs = append(theirs, Advice(letterIndent+"("+head.From+")")...)
	}
	lead := Advice("send this to "+cmp.Or(head.To, "the access map's owner")+":", letterIndent+strings.ReplaceAll(what, "\n", "; "))
	return slices.Concat(own, lead, theirs)
}

// letterIndent sets off what is sent from what is said about it.
const letterIndent = "  "

func steps(copied bool, lines []string) Fix {
	fix := make(Fix, len(lines))
	for i, line := range lines {
		if runtime.GOOS == "windows" {
			line = forPowerShell(line, copied)
		}
		fix[i] = Step{Text: line, Copied: copied}
	}
	return fix
}

// forPowerShell writes `NAME=value dbxaccess …`, which sets a variable for one command in a POSIX shell, as PowerShell
// sets it, and the command `unset NAME …` as PowerShell has it; cmd.exe and PowerShell have no such forms.
func forPowerShell(line string, command bool) string {
	if names, unset := strings.CutPrefix(line, "unset "); unset && command {
		return "Remove-Item -ErrorAction Ignore Env:" + strings.ReplaceAll(names, " ", ", Env:")
	}
	at := strings.Index(line, " dbxaccess ")
	if at < 0 {
		return line
	}
	begin := strings.LastIndexByte(line[:at], ' ') + 1
	name, value, ok := strings.Cut(line[begin:at], "=")
	if !ok || !IsPlain(name, "_") || !IsPlain(value, "_./:\\-") {
		return line
	}
	return line[:begin] + "$env:" + name + "='" + value + "';" + line[at:]
}

// String is the Fix as text, a line for each step.
func (f Fix) String() string {
	lines := make([]string, len(f))
	for i, step := range f {
		lines[i] = step.Text
	}
	return strings.Join(lines, "\n")
}

// MarshalText is how JSON shows it.
func (f Fix) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Clean returns it with each line cleaned.
func (f Fix) Clean() Fix {
	fix := make(Fix, len(f))
	for i, step := range f {
		fix[i] = step
		fix[i].Text = Clean(step.Text)
	}
	return fix
}

// HangFix is a Fix behind an indent, cleaned, its advice folded for a terminal. What is copied is not folded: a
// terminal copies a line that it wrapped whole, and a folded one in pieces.
func HangFix(w io.Writer, fix Fix, indent int) string {
	lines := make([]string, len(fix))
	for i, step := range fix {
		if lines[i] = Clean(step.Text); !step.Copied {
			text := strings.TrimLeft(lines[i], " ")
			begins := len(lines[i]) - len(text)
			lines[i] = lines[i][:begins] + Hang(w, text, indent+begins)
		}
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

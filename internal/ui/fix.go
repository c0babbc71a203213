package ui

import (
	"io"
	"runtime"
	"strings"
)

// Fix is how to fix something, in steps; nil where nothing is known.
type Fix []Step

// Step is one line of a Fix.
type Step struct {
	Text   string
	Copied bool // exactly, as a command or a part of JSON is
}

// Command is a Fix that is copied, line by line.
func Command(lines ...string) Fix { return steps(true, lines) }

// Advice is a Fix in words, a step a line.
func Advice(lines ...string) Fix { return steps(false, lines) }

func steps(copied bool, lines []string) Fix {
	fix := make(Fix, len(lines))
	for i, line := range lines {
		if runtime.GOOS == "windows" {
			line = forPowerShell(line, copied)
		}
		fix[i] = Step{line, copied}
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
		fix[i] = Step{Clean(step.Text), step.Copied}
	}
	return fix
}

// HangFix is a Fix behind an indent, cleaned, its advice folded for a terminal. What is copied is not folded: a
// terminal copies a line that it wrapped whole, and a folded one in pieces.
func HangFix(w io.Writer, fix Fix, indent int) string {
	lines := make([]string, len(fix))
	for i, step := range fix {
		if lines[i] = Clean(step.Text); !step.Copied {
			lines[i] = Hang(w, lines[i], indent)
		}
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

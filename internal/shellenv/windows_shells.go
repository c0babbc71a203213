package shellenv

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// safePowerShell is for printable ASCII. PowerShell reads a program's output in the console's code page and in lines,
// so other bytes and line ends would not arrive as they were sent.
func safePowerShell(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// setPowerShell: nothing is special inside single quotes but the single quote, which is doubled (about_Quoting_Rules).
// Every line is a statement of its own, so that `| Invoke-Expression` needs no Out-String in between: before PowerShell
// 6 that may cut lines at the width of the console.
func setPowerShell(name, value string) string {
	return "$Env:" + name + " = " + quotePowerShell(value) + ";"
}

func quotePowerShell(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func unsetPowerShell(name string) string {
	return "Remove-Item -Path Env:" + name + " -ErrorAction Ignore;"
}

// maxCmdLine bounds a statement for cmd.exe, in bytes: it silently cuts lines at 8,191 characters
// (https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation).
const maxCmdLine = 8000

// safeCmd is for characters that mean nothing to cmd.exe, quoted or not, whether the text is read by `for /f`, as a
// batch file, or with delayed expansion. There is no form for others that works in all of these.
func safeCmd(value string) bool {
	return value == "" || len(value) < maxCmdLine && ui.IsPlain(value, inert+" ~")
}

func setCmd(name, value string) string { return `set "` + name + "=" + value + `"` }
func unsetCmd(name string) string      { return `set "` + name + `="` }

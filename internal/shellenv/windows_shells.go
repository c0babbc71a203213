package shellenv

import "strings"

// safePowerShell leaves printable ASCII. PowerShell reads a program's output by the console's code page and in lines, so
// other bytes and line ends would not arrive as they were sent.
func safePowerShell(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// setPowerShell: nothing is special inside single quotes but the single quote, which is doubled (about_Quoting_Rules).
// Every line is a statement of its own, so that `| Invoke-Expression` needs no Out-String in between: before PowerShell 6
// that may cut lines at the width of the console.
func setPowerShell(name, value string) string {
	return "$Env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "';"
}

func unsetPowerShell(name string) string {
	return "Remove-Item -Path Env:" + name + " -ErrorAction Ignore;"
}

// maxCmdLine bounds a statement for cmd.exe, in bytes: it cuts lines at 8,191 characters without a word
// (https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation).
const maxCmdLine = 8000

// safeCmd leaves the characters that mean nothing to cmd.exe, quoted or not, whether the text is read by `for /f`, as a
// batch file, or with delayed expansion. There is no form for the others that holds in all of these.
func safeCmd(value string) bool { return len(value) < maxCmdLine && isPlain(value, " ~") }

func setCmd(name, value string) string { return `set "` + name + "=" + value + `"` }
func unsetCmd(name string) string      { return `set "` + name + `="` }

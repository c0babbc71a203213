package ui

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeysSequences makes a console obey escape sequences, which consoles of Windows 10 and later can, and reports whether
// it does.
// https://learn.microsoft.com/en-us/windows/console/console-virtual-terminal-sequences
func obeysSequences(file *os.File) bool {
	var mode uint32
	console := windows.Handle(file.Fd())
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 ||
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

package desktop

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

const (
	maxAncestors   = 64
	maxEnvironment = 4 << 20 // bytes; the kernel's usual limit is 2 MiB, with the arguments
)

// ofDesktop are the variables that the outermost program above this one on the same display was started with: a terminal,
// an IDE or the session itself, all started by the desktop. What a shell's start-up file exports comes after that, and
// /proc/PID/environ shows what was there at the start (proc_pid_environ(5)). A program that was started in a shell and
// outlived it, as tmux, is taken for the desktop's: then too few variables are missing, never too many.
func ofDesktop(_ context.Context, getenv func(string) string) func(name string) string {
	var outermost map[string]string
	for pid, left := os.Getppid(), maxAncestors; pid > 1 && left > 0; left-- {
		theirs := environmentOf(pid)
		if theirs["DISPLAY"] == getenv("DISPLAY") && theirs["WAYLAND_DISPLAY"] == getenv("WAYLAND_DISPLAY") {
			outermost = theirs
		}
		pid = parentOf(pid)
	}
	if outermost == nil {
		return nil
	}
	return func(name string) string { return outermost[name] }
}

// environmentOf is what a process was started with; nil if it is another user's.
func environmentOf(pid int) map[string]string {
	data, _, err := localfile.Read(fmt.Sprintf("/proc/%d/environ", pid), maxEnvironment)
	if err != nil {
		return nil
	}
	variables := map[string]string{}
	for setting := range strings.SplitSeq(string(data), "\x00") {
		if name, value, ok := strings.Cut(setting, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

// parentOf is the process that started another, 0 if that is not known (proc_pid_stat(5)).
func parentOf(pid int) int {
	data, _, err := localfile.Read(fmt.Sprintf("/proc/%d/stat", pid), 4<<10)
	if err != nil {
		return 0
	}
	return parentIn(string(data))
}

// parentIn reads pid (name) state ppid …: the name may hold anything.
func parentIn(text string) int {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}

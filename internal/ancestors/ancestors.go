// Package ancestors tells which programs a process descends from.
//
// In comes nothing but what the system says of this process and those above it; out come their names, nearest first, and for who
// asks the first words that one was started with. Those may hold secrets, so they are to be compared and must never be shown, kept
// or sent. It must never fail: what can't be told ends the list. A program chooses its own name and may leave its parent, so
// nothing of this proves anything.
package ancestors

import (
	"iter"
	"os"
)

// Program is one that runs, and that this process descends from.
type Program struct {
	PID  int
	Name string // of its file, as far as the system keeps it: 15 bytes on Linux, 16 on a Mac
}

// Words are the first that the program was started with, its name among them, three at most; none where the system does not tell.
func (p Program) Words() []string {
	all := words(p.PID)
	return all[:min(len(all), maxWords)]
}

// maxWords are those that can name what an interpreter runs: its own name, a flag, and the program.
const maxWords = 3

// All are those above this process, as many as most at most.
func All(most int) iter.Seq[Program] {
	return func(yield func(Program) bool) {
		seen := make(map[int]bool, most)
		for pid := os.Getppid(); pid > 0 && !seen[pid] && len(seen) < most; {
			seen[pid] = true
			name, parent, ok := process(pid)
			if !ok || !yield(Program{pid, name}) {
				return
			}
			pid = parent
		}
	}
}

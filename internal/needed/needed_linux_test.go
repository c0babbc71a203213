package needed

import "testing"

// TestEveryProgramIsHere tells what the tests of this machine go without: make check shows it.
func TestEveryProgramIsHere(t *testing.T) {
	for _, name := range programs {
		t.Run(name, func(t *testing.T) { Program(t, name) })
	}
}

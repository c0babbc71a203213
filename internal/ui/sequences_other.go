//go:build !windows

package ui

import "os"

// obeysSequences reports whether a terminal obeys escape sequences: outside Windows, all but TERM=dumb do.
func obeysSequences(*os.File) bool { return true }

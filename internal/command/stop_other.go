//go:build !unix

package command

import "os/exec"

// stopWithChildren leaves a command as it is: there are no process groups, and it is stopped alone.
func stopWithChildren(*exec.Cmd) {}

//go:build !unix

package login

import "os/exec"

// stopWithChildren leaves a command as it is: there are no process groups, and it is stopped alone.
func stopWithChildren(*exec.Cmd) {}

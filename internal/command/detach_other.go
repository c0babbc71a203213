//go:build !linux

package command

// closeOnExec does nothing: what we have inherited besides the standard streams is passed on.
func closeOnExec() {}

//go:build !linux

package mcpcmd

// sessionVariables: elsewhere nothing is found by variables that a session sets.
var sessionVariables []string

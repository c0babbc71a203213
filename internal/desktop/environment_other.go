//go:build !linux && !darwin

package desktop

import "context"

// ofDesktop is not known here. On Windows a person's variables are set for all programs; only those of one PowerShell are not.
func ofDesktop(context.Context, func(string) string) func(name string) string { return nil }

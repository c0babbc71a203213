package desktop

import "context"

// Environment returns the variables that a program gets which is started from the desktop rather than from a shell; nil where
// there is no desktop, or where that can't be known. Their values may be secret.
func Environment(ctx context.Context, getenv func(string) string) func(name string) string {
	if !HasDisplay(getenv) || inWSL(getenv) { // the desktop is then that of Windows, whose programs are not ours
		return nil
	}
	return ofDesktop(ctx, getenv)
}

//go:build !linux

package busguard

// Restore has nothing to restore: the keyring library dials D-Bus on Linux only.
func Restore() Verdict { return NotNeeded }

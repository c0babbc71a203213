//go:build !linux

package desktop

// peerIsOurs can't be told here without more than it is worth: the address is random, and answered once.
func peerIsOurs(_, _ string) bool { return true }

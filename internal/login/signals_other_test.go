//go:build !linux

package login

// signalChild is for the test on Linux, where a thread can send itself a signal that has arrived when the call returns.
func signalChild() {}

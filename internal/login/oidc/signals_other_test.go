//go:build !linux

package oidc

// childEnv and signalChild are for the test on Linux, where a thread can send itself a signal that has arrived when the call
// returns.
const childEnv = "DBXACCESS_OIDC_TEST_CHILD"

func signalChild() error { return nil }

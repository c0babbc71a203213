//go:build unix && !linux && !darwin

package harden

func denyDebuggers() {}

func wipeEnvironment() {}

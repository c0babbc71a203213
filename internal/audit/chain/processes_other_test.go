//go:build !linux

package chain

var children map[string]func() error

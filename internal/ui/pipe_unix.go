//go:build unix

package ui

import (
	"errors"
	"syscall"
)

func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }

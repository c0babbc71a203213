package mapcmd

import (
	"context"
	"errors"
	"testing"
)

// The first Ctrl-C ends an answer that is still worked out.
func TestAComputationIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	_, err := interruptible(ctx, func() (int, error) {
		cancel()
		<-never
		return 1, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	failed := errors.New("failed")
	if n, err := interruptible(t.Context(), func() (int, error) { return 2, failed }); n != 2 || !errors.Is(err, failed) {
		t.Error(n, err)
	}
}

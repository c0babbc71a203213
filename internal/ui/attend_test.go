package ui

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type wire struct {
	io.Reader
	io.Writer
}

func TestAPersonTypesTheWord(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"person\n": true, " person \r\n": true, "person": true, "yes\n": false, "\n": false, "": false, "personal\n": false} {
		var shown strings.Builder
		if got := attended(t.Context(), wire{strings.NewReader(typed), &shown}, "Is it you?", "person"); got != want || shown.String() != "Is it you? Type person to go on: " {
			t.Errorf("%q: %v, %q", typed, got, shown.String())
		}
	}
}

func TestNobodyIsWaitedForForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent, other := io.Pipe()
		began := time.Now()
		if attended(t.Context(), wire{silent, io.Discard}, "Is it you?", "person") || time.Since(began) != attendTime {
			t.Errorf("after %s", time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if attended(ctx, wire{silent, io.Discard}, "Is it you?", "person") {
			t.Error("canceled")
		}
		_ = other.Close()
	})
}

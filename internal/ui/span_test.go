package ui

import (
	"testing"
	"time"
)

func TestSpansAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 400 * time.Millisecond: "0s", -45 * time.Second: "45s", 90 * time.Second: "1m", 65 * time.Minute: "1h 5m", 72 * time.Hour: "3d",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

package ui

import (
	"testing"
	"time"
)

func TestRemainingIsReadAtAGlance(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]string{
		-time.Hour: "expired", 400 * time.Millisecond: "expired", 59 * time.Second: "59s", 59*time.Minute + 59*time.Second: "59m",
		time.Hour: "1h 0m", 47*time.Hour + 59*time.Minute: "47h 59m", 48 * time.Hour: "2d", 71 * time.Hour: "2d",
	} {
		if got := Remaining(now.Add(left), now); got != want {
			t.Errorf("%s: %q, want %q", left, got, want)
		}
	}
}

func TestHostsAreWhatAPersonCanJudge(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://idp.example.com:8443/oidc": "idp.example.com:8443", "https://idp.example\u202e.com": "idp.example.com",
		"not an address\x1b": "not an address", "": "",
	} {
		if got := Host(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

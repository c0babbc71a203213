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

func TestAMomentOfAnotherDayHasItsDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 15, 0, 0, time.Local)
	for ahead, want := range map[time.Duration]string{time.Hour: "10:15", 20 * time.Hour: "2026-11-23 05:15", 365 * 24 * time.Hour: "2027-11-22 09:15"} {
		if got := Moment(now.Add(ahead), now, "15:04"); got != want {
			t.Errorf("%v ahead: %q, want %q", ahead, got, want)
		}
	}
}

func TestSomeNamesOne(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"": nil, "a, b": {"a", "b"}, "a, b, c": {"a", "b", "c"}, "a, b and 2 more": {"a", "b", "c", "d"}} {
		if got := Some(names, 2); got != want {
			t.Errorf("%v: %q, want %q", names, got, want)
		}
	}
}

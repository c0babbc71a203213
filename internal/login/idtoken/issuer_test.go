package idtoken_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
)

func TestClockAheadIsByTheDateOfTheAnswer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 500, time.UTC)
	var e idtoken.Issuer
	if _, known := e.ClockAhead(); known {
		t.Error("before any answer nothing is known")
	}
	e.NoteClock(http.Header{"Date": {now.Add(10 * time.Minute).Format(http.TimeFormat)}, "Age": {"3"}}, now)
	if _, known := e.ClockAhead(); known {
		t.Error("an answer out of a cache tells nothing")
	}
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute, 0} {
		e.NoteClock(http.Header{"Date": {now.Add(off).Format(http.TimeFormat)}}, now)
		if ahead, known := e.ClockAhead(); !known || ahead != off {
			t.Errorf("%s ahead was told as %s, %v", off, ahead, known)
		}
	}
}

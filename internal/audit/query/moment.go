package query

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrMoment is that of a text which is no moment.
var ErrMoment = errors.New("it is neither a time that has passed, as 90m, 24h, 7d or 2w, nor a date, as 2026-03-01, nor a time as in RFC 3339")

// longestAgo keeps what is subtracted within a duration, in hours: a hundred years.
const longestAgo = 100 * 365 * 24

// Moment reads how long ago something was, or a date, which is its beginning in UTC as the record has its times.
func Moment(text string, now time.Time) (time.Time, error) {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC(), nil
		}
	}
	hours := map[string]float64{"m": 1.0 / 60, "h": 1, "d": 24, "w": 7 * 24}
	for unit, each := range hours {
		digits, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || float64(n)*each > longestAgo {
			return time.Time{}, ErrMoment
		}
		return now.UTC().Add(-time.Duration(float64(n) * each * float64(time.Hour))), nil
	}
	return time.Time{}, ErrMoment
}

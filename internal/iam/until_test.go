package iam

import (
	"testing"
	"time"
)

func TestEverythingUntilATime(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",` +
		`"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-31T23:00:00Z"}}}]}`
	if got := EverythingUntil(time.Date(2027, 2, 1, 0, 0, 0, 0, time.FixedZone("CET", 3600))).JSON(); got != want {
		t.Errorf("got %s", got)
	}
}

package broker

import (
	"testing"
	"time"
)

// An ID token must live as long as what is made of it shall.
func TestLifeOfTheTokenThatIsTraded(t *testing.T) {
	for life, want := range map[time.Duration]time.Duration{time.Hour: 20 * time.Minute, 10 * time.Minute: 5 * time.Minute} {
		if got := (workspaceToken{}).tokenLife(&order{}, life); got != want {
			t.Errorf("of %s, %s", life, got)
		}
	}
	for life, want := range map[time.Duration]time.Duration{time.Hour: time.Minute, 2 * time.Minute: 30 * time.Second} {
		if got := (awsCredentials{}).tokenLife(&order{}, life); got != want {
			t.Errorf("of %s, %s", life, got)
		}
	}
}

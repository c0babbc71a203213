package upgrade

import "testing"

func TestVersionsAreOrderedAsSemverSays(t *testing.T) {
	t.Parallel()
	// Each is older than the next.
	ascending := []string{
		"v0.9.0", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0",
		"v1.0.1-0.20261201044900-0123456789ab", "v1.0.1-rc.1", "v1.0.1-rc-2", "v1.0.1", "v1.2.0", "v1.10.0", "v2.0.0-rc.1", "v2.0.0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := Compare(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"v1.2.0", "v1.2.0+dirty"}, {"v1.2.0", "1.2.0"}, {"v1.2.0-rc.1+a", "v1.2.0-rc.1+b"}} {
		if got := Compare(same[0], same[1]); got != 0 {
			t.Errorf("%v: %d", same, got)
		}
	}
}

package doctor

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestASlowCheckIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		b := lines(4, time.Now, func(f Finding) { told = append(told, f.Subject) })
		want := func(when string, want ...string) {
			t.Helper()
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("%s: %q, want %q", when, told, want)
			}
		}
		say := func(i int, what string) { b.lines[i].add(Finding{Subject: what}) }
		say(0, "a1")
		want("the first tells at once", "a1")
		say(2, "c1")
		b.lines[2].done()
		want("the others in their order", "a1")
		b.lines[0].done()
		say(1, "b1")
		want("as those before are done", "a1", "b1")
		time.Sleep(overtaken - time.Millisecond)
		want("a moment is no hanging", "a1", "b1")
		time.Sleep(2 * time.Millisecond)
		want("who hangs is overtaken", "a1", "b1", "c1")
		say(3, "d1")
		want("from then on at once", "a1", "b1", "c1", "d1")
		say(1, "b2")
		b.lines[1].done()
		b.lines[3].done()
		want("and is told in the end", "a1", "b1", "c1", "d1", "b2")
	})
}

// What waits for a slow check keeps nothing back longer than that.
func TestWhoWaitsForASlowCheckIsOvertakenWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		b := lines(3, time.Now, func(f Finding) { told = append(told, f.Subject) })
		b.lines[2].add(Finding{Subject: "c1"})
		time.Sleep(overtaken + time.Millisecond)
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if !slices.Equal(told, []string{"c1"}) {
			t.Errorf("told are %q", told)
		}
	})
}

// Golden screens are compared with what doctor tells on a machine of any speed.
func TestNobodyIsOvertakenWhileTheClockStandsStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		began := time.Now()
		b := lines(2, func() time.Time { return began }, func(f Finding) { told = append(told, f.Subject) })
		b.lines[1].add(Finding{Subject: "b1"})
		time.Sleep(10 * overtaken)
		b.lines[0].add(Finding{Subject: "a1"})
		b.lines[0].done()
		b.lines[1].done()
		time.Sleep(2 * overtaken)
		synctest.Wait()
		if !slices.Equal(told, []string{"a1", "b1"}) {
			t.Errorf("told are %q", told)
		}
	})
}

package lease

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ledger is one in a directory of the test's, whose processes all live but those in gone, and what it has warned of.
func ledger(t *testing.T, gone map[int]bool) (Ledger, *[]ui.Warning) {
	t.Helper()
	var warned []ui.Warning
	return Ledger{
		Dir: t.TempDir(), Now: time.Now, Warn: func(w ui.Warning) { warned = append(warned, w) },
		Began: func(pid int) (string, error) {
			if gone[pid] {
				return "", errors.New("no such process")
			}
			return fmt.Sprint("began ", pid), nil
		},
	}, &warned
}

func asked(agent, item string, pid int) Asked {
	return Asked{
		Agent: agent, Identity: "acme", Role: "ml-reader", Door: "exec", Item: item,
		Holder: Holder{PID: pid, Began: fmt.Sprint("began ", pid), Program: "python3"},
	}
}

var wide = Limits{Leases: 16, PerMinute: 30}

// issue takes leave, and issues something that lives for so long.
func issue(t *testing.T, l Ledger, a Asked, limits Limits, life time.Duration) error {
	t.Helper()
	taken, err := l.Take(t.Context(), a, limits)
	if err != nil {
		return err
	}
	return taken.Renewed(t.Context(), l.Now().Add(life))
}

func want(t *testing.T, err error, id ui.ID, code ui.Code) {
	t.Helper()
	if ui.IDOf(err) != id || ui.CodeOf(err) != code {
		t.Errorf("got %v (%s, %d), want %s", err, ui.IDOf(err), ui.CodeOf(err), id)
	}
	if err != nil && len(ui.FixOf(err)) == 0 {
		t.Errorf("%v: nothing mends it", err)
	}
}

func TestALeaseLivesWhileItIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, _ := ledger(t, nil)
		began := time.Now()
		for range 5 {
			if err := issue(t, l, asked("claude-code", "role/a", 7), wide, 2*time.Minute); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		held, _ := l.Held()
		if len(held) != 1 || held[0].Count != 5 || !held[0].Since.Equal(began) || !held[0].Renewed.Equal(began.Add(4*time.Minute)) ||
			!held[0].Until.Equal(began.Add(6*time.Minute)) || held[0].Ended || held[0].Program != "python3" {
			t.Errorf("held: %+v", held)
		}
		time.Sleep(time.Minute)
		if held, _ := l.Held(); len(held) != 0 {
			t.Errorf("it is over: %+v", held)
		}
		info, err := os.Stat(filepath.Join(l.Dir, bookFile))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
}

func TestWhatIsNotIssuedHoldsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, _ := ledger(t, nil)
		one := Limits{Leases: 1, PerMinute: 30}
		taken, err := l.Take(t.Context(), asked("codex", "role/a", 7), one)
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Take(t.Context(), asked("codex", "role/b", 7), one)
		want(t, err, "agent-too-many-leases", ui.Failed)
		if held, _ := l.Held(); len(held) != 0 {
			t.Errorf("listed before it is issued: %+v", held)
		}
		taken.Dropped(t.Context())
		if err := issue(t, l, asked("codex", "role/b", 7), one, time.Hour); err != nil {
			t.Error(err)
		}
		again, err := l.Take(t.Context(), asked("codex", "role/b", 7), one) // its renewal fails
		if err != nil {
			t.Fatal(err)
		}
		again.Dropped(t.Context())
		if held, _ := l.Held(); len(held) != 1 {
			t.Errorf("what was issued before lives: %+v", held)
		}
		if _, err = l.Take(t.Context(), asked("aider", "role/c", 7), one); err != nil { // which then dies
			t.Fatal(err)
		}
		time.Sleep(pending)
		if err := issue(t, l, asked("aider", "role/d", 7), one, time.Hour); err != nil {
			t.Errorf("after a minute: %v", err)
		}
	})
}

func TestHowFastAnAgentMayAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, _ := ledger(t, nil)
		three := Limits{Leases: 16, PerMinute: 3}
		first := time.Now()
		for range 3 {
			if err := issue(t, l, asked("codex", "role/a", 7), three, time.Hour); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		err := issue(t, l, asked("codex", "role/a", 7), three, time.Hour)
		want(t, err, "agent-too-fast", ui.Failed)
		if again := first.Add(time.Minute).Local().Format(clock); !strings.Contains(err.Error(), again) {
			t.Errorf("%v, want %s", err, again)
		}
		if err := issue(t, l, asked("cursor", "role/x", 7), three, time.Hour); err != nil {
			t.Errorf("another agent: %v", err)
		}
		time.Sleep(time.Until(first.Add(time.Minute)) - time.Nanosecond)
		want(t, issue(t, l, asked("codex", "role/a", 7), three, time.Hour), "agent-too-fast", ui.Failed)
		time.Sleep(time.Millisecond)
		if err := issue(t, l, asked("codex", "role/a", 7), three, time.Hour); err != nil {
			t.Errorf("when it was said to be: %v", err)
		}
		want(t, issue(t, l, asked("aider", "role/a", 7), Limits{Leases: 1}, time.Hour), "agent-too-fast", ui.Failed)
	})
}

func TestAClockThatIsSetBackKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	l, _ := ledger(t, nil)
	one := Limits{Leases: 16, PerMinute: 1}
	now := time.Now()
	l.Now = func() time.Time { return now }
	if err := issue(t, l, asked("codex", "role/a", 7), one, time.Hour); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-24 * time.Hour)
	if err := issue(t, l, asked("codex", "role/a", 7), one, time.Hour); err != nil {
		t.Error(err)
	}
	want(t, issue(t, l, asked("codex", "role/a", 7), one, time.Hour), "agent-too-fast", ui.Failed)
	now = now.Add(-48 * time.Hour)
	if held, _ := l.Held(); len(held) != 0 {
		t.Errorf("ends in days: %+v", held)
	}
}

func TestAProgramThatHasEndedHoldsNoPlace(t *testing.T) {
	t.Parallel()
	gone := map[int]bool{}
	l, _ := ledger(t, gone)
	one := Limits{Leases: 1, PerMinute: 30}
	if err := issue(t, l, asked("codex", "role/a", 7), one, time.Hour); err != nil {
		t.Fatal(err)
	}
	err := issue(t, l, asked("codex", "role/b", 8), one, time.Hour)
	want(t, err, "agent-too-many-leases", ui.Failed)
	gone[7] = true
	if err := issue(t, l, asked("codex", "role/b", 8), one, time.Hour); err != nil {
		t.Fatal(err)
	}
	held, _ := l.Held()
	if len(held) != 2 || !held[0].Ended || held[1].Ended { // the first still lives until it ends
		t.Errorf("held: %+v", held)
	}
	want(t, issue(t, l, asked("codex", "role/a", 8), one, time.Hour), "agent-too-many-leases", ui.Failed) // taken up again, it counts
	if err := issue(t, l, asked("codex", "role/b", 8), one, time.Hour); err != nil {
		t.Errorf("a renewal is no new lease: %v", err)
	}
	for _, h := range []Holder{{PID: 9, Began: "before"}, {PID: 0, Began: "x"}, {PID: 9}} {
		if got := l.ended(h); got != (h.Began == "before") {
			t.Errorf("%+v: %v", h, got)
		}
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	gone := map[int]bool{}
	l, _ := ledger(t, gone)
	serve := func(agent string, pid int) func() {
		done, err := l.Serve(t.Context(), Server{Agent: agent, Holder: asked(agent, "", pid).Holder, Roles: []string{"ml-reader"}})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	first := serve("codex", 7)
	serve("codex", 8)
	serve("aider", 9)
	first()
	gone[9] = true
	if _, servers := l.Held(); len(servers) != 1 || servers[0].PID != 8 || servers[0].Since.IsZero() {
		t.Errorf("%+v", servers)
	}
	if _, err := l.Revoke("codex"); err != nil {
		t.Fatal(err)
	}
	_, err := l.Serve(t.Context(), Server{Agent: "codex"})
	want(t, err, "agent-revoked", ui.Refused)
}

func TestTheBookIsBounded(t *testing.T) {
	t.Parallel()
	b, now, most := &book{Version: 1}, time.Now(), Limits{Leases: 1 << 20, PerMinute: 1 << 20}
	for i := range mostLeases {
		if err := b.take(asked("codex", fmt.Sprint("role/", i), 7), most, now); err != nil {
			t.Fatal(err)
		}
	}
	want(t, b.take(asked("codex", "role/more", 7), most, now), "agent-too-many-leases", ui.Failed)
	b.Leases[3].Ended = true
	if err := b.take(asked("codex", "role/more", 7), most, now); err != nil || len(b.Leases) != mostLeases || b.find(asked("codex", "role/3", 7)) >= 0 {
		t.Errorf("%v, %d leases", err, len(b.Leases))
	}
	b = &book{Version: 1}
	for i := range mostAgents { // each gives itself a name
		if err := b.take(asked(fmt.Sprint("agent", i), "role/a", 7), most, now); err != nil {
			t.Fatal(err)
		}
	}
	want(t, b.take(asked("one-more", "role/a", 7), most, now), "agent-too-fast", ui.Failed)
	if !b.valid() {
		t.Error("what was written would not be read")
	}
}

// Whatever agents ask for, at any moment none holds more than it may, nor was issued more within the minute before.
func TestTheLimitsHold(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		b, now, gone := &book{Version: 1}, time.Now(), map[int]bool{}
		limits := Limits{Leases: 1 + random.IntN(5), PerMinute: 1 + random.IntN(9)}
		issued := map[string][]time.Time{}
		for range 300 {
			now = now.Add(time.Duration(random.IntN(20_000)) * time.Millisecond)
			gone[random.IntN(400)] = true
			b.prune(now, func(h Holder) bool { return gone[h.PID] })
			a := asked([]string{"codex", "cursor"}[random.IntN(2)], fmt.Sprint("role/", random.IntN(8)), random.IntN(400))
			if b.take(a, limits, now) != nil {
				continue
			}
			issued[a.Agent] = append(issued[a.Agent], now)
			if b.renewed(a, now.Add(time.Duration(1+random.IntN(180))*time.Second), now); random.IntN(4) == 0 {
				b.dropped(a)
			}
			held := map[string]int{}
			for _, l := range b.Leases {
				if !l.Ended && l.Until.After(now) {
					held[l.Agent]++
				}
			}
			last := slices.DeleteFunc(slices.Clone(issued[a.Agent]), func(at time.Time) bool { return now.Sub(at) >= time.Minute })
			if held[a.Agent] > limits.Leases || len(last) > limits.PerMinute {
				t.Fatalf("%+v: %d leases, %d within a minute", limits, held[a.Agent], len(last))
			}
		}
	}
}

func TestABookThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"half of it":        `{"version":1,"leases":[{"agent":"co`,
		"nothing":           "",
		"another version":   `{"version":2}`,
		"no name":           `{"version":1,"leases":[{"agent":"a\u001b[31m","until":"2036-01-01T00:00:00Z"}]}`,
		"no end":            `{"version":1,"leases":[{"agent":"codex"}]}`,
		"a name that asked": `{"version":1,"asked":{"../x":[1]}}`,
		"a server":          `{"version":1,"servers":[{"agent":""}]}`,
		"too long":          strings.Repeat(" ", maxBook+1),
	} {
		l, warned := ledger(t, nil)
		if _, err := l.Revoke("codex"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(l.Dir, bookFile), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, issue(t, l, asked("codex", "role/a", 7), wide, time.Hour), "agent-revoked", ui.Refused)
		if err := issue(t, l, asked("cursor", "role/a", 7), wide, time.Hour); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if held, _ := l.Held(); len(held) != 1 || len(*warned) != 2 || (*warned)[0].ID != "agent-leases-damaged" {
			t.Errorf("%s: held %+v, warned %v", name, held, *warned)
		}
	}
}

func TestWhatCannotBeNotedIsNotGiven(t *testing.T) {
	t.Parallel()
	l, _ := ledger(t, nil)
	if err := os.Mkdir(filepath.Join(l.Dir, bookFile), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := l.Take(t.Context(), asked("codex", "role/a", 7), wide)
	want(t, err, "agent-lease-unwritable", ui.Refused)
	l.Dir = filepath.Join(l.Dir, "file")
	if err := os.WriteFile(l.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = l.Take(t.Context(), asked("codex", "role/a", 7), wide)
	want(t, err, "agent-lease-unwritable", ui.Refused)
}

// Whatever the file holds, nothing of it is without bounds, and what is decided by it is one of the answers that there are.
func FuzzBook(f *testing.F) {
	f.Add([]byte(`{"version":1,"leases":[{"agent":"codex","item":"role/a","until":"2036-01-01T00:00:00Z","count":1}],"asked":{"codex":[1,2]}}`))
	f.Add([]byte(`{"version":1,"servers":[{"agent":"codex","pid":-1}],"asked":{"codex":[9223372036854775807,-1]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parse(data)
		if err != nil {
			return
		}
		now := time.Now()
		b.prune(now, func(h Holder) bool { return h.PID%2 == 0 })
		for _, limits := range []Limits{wide, {}, {Leases: 1, PerMinute: 1}} {
			err := b.take(asked("codex", "role/a", 7), limits, now)
			if id := ui.IDOf(err); err != nil && id != "agent-too-fast" && id != "agent-too-many-leases" {
				t.Error(err)
			}
			b.renewed(asked("codex", "role/a", 7), now.Add(time.Hour), now)
		}
		if len(b.list()) > mostLeases+1 || len(b.Servers) > mostServers {
			t.Errorf("%d leases, %d servers", len(b.list()), len(b.Servers))
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	l := Ledger{Dir: b.TempDir(), Now: time.Now, Began: func(int) (string, error) { return "", nil }, Warn: func(w ui.Warning) { b.Error(w) }}
	for b.Loop() {
		taken, err := l.Take(b.Context(), asked("codex", "role/a", 0), Limits{Leases: 1, PerMinute: 1 << 30})
		if err == nil {
			err = taken.Renewed(b.Context(), time.Now().Add(time.Hour))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// Whoever names itself as an agent can't fill the disk with programs.
func TestAsManyProgramsAsMayBeServed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	b := book{Version: 1}
	for pid := range mostServers {
		if err := b.serve(Server{Agent: "codex", Holder: asked("codex", "", pid).Holder}, now); err != nil {
			t.Fatalf("program %d: %v", pid, err)
		}
	}
	one := Server{Agent: "cursor", Holder: asked("cursor", "", mostServers).Holder}
	want(t, b.serve(one, now), "agent-too-many-programs", ui.Failed)
	if len(b.Servers) != mostServers || !b.valid() {
		t.Errorf("the book has %d", len(b.Servers))
	}
	b.served(b.Servers[7])
	if err := b.serve(one, now); err != nil {
		t.Errorf("one has ended, and its place is not given: %v", err)
	}
}

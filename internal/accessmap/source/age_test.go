package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// dated is the example map with what it says of its age and version.
func dated(t *testing.T, words string) string {
	t.Helper()
	return strings.Replace(string(acme(t)), "version: 1\n", "version: 1\n"+words+"\n", 1)
}

func TestAgeOfACopy(t *testing.T) {
	t.Parallel()
	origin := &Origin{SHA256: "a", Fetched: time.Unix(1_800_000_000, 0), MaxAge: 24 * 3600, Expires: 30 * 24 * 3600}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		note           string // "" for none
		after          time.Duration
		stale, expired bool
	}{
		"just fetched":                   {after: time.Minute},
		"a day":                          {after: day},
		"more":                           {after: day + time.Minute, stale: true},
		"thirty days":                    {after: 30 * day, stale: true},
		"more than that":                 {after: 30*day + time.Second, stale: true, expired: true},
		"the clock went back a little":   {after: -time.Hour},
		"the clock went back":            {after: -2 * day, stale: true},
		"the clock went back a lot":      {after: -31 * day, stale: true, expired: true},
		"compared since":                 {note: `{"sha256": "a", "at": "2027-02-13T08:00:00Z", "tried": "2027-02-13T08:00:00Z"}`, after: 30*day - time.Hour},
		"compared, another copy":         {note: `{"sha256": "b", "at": "2027-02-13T08:00:00Z"}`, after: 31 * day, stale: true, expired: true},
		"tried a moment ago, in vain":    {note: `{"sha256": "a", "at": "2027-01-15T08:00:00Z", "tried": "2027-02-14T07:55:00Z"}`, after: 30*day - time.Minute},
		"a damaged note":                 {note: `{"sha256": "a", "at`, after: 31 * day, stale: true, expired: true},
		"a note of another make of time": {note: `{"sha256": "a", "at": 7}`, after: 31 * day, stale: true, expired: true},
	} {
		dir := t.TempDir()
		if c.note != "" {
			write(t, filepath.Join(dir, ComparedName), c.note)
		}
		now := origin.Fetched.Add(c.after)
		age := AgeOf(dir, origin)
		if err := age.Expired(now); age.Stale(now) != c.stale || (err != nil) != c.expired {
			t.Errorf("%s: stale %v, expired %v: %+v", name, age.Stale(now), err, age)
		} else if err != nil && (ui.HintOf(err) != "dbxaccess init" || ui.IDOf(err) != "map-expired") {
			t.Errorf("%s: %v, %s", name, err, ui.HintOf(err))
		}
	}
	if age := AgeOf(t.TempDir(), &Origin{}); age.Stale(time.Unix(1_800_000_000, 0)) || age.Expired(time.Unix(1_800_000_000, 0)) != nil || !age.Ends().IsZero() {
		t.Errorf("a map that does not say: %+v", age)
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	const words = "serial: 5\ndefaults: {max_age: 24h, expires: 30d}"
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		old, new         string
		kept             bool
		waiting, problem bool
	}{
		"nothing new":      {"serial: 5", "serial: 5", true, false, false},
		"a newer version":  {"serial: 5", "serial: 6", true, false, false},
		"one that takes":   {"[ml-trainer, ml-curator]", "[ml-curator]", true, false, false},
		"one that gives":   {"read: [features]", "read: [features, churn]", false, true, false},
		"an older version": {"serial: 5", "serial: 4", false, false, true},
		"without a number": {"serial: 5", "", false, false, true},
		"a longer life":    {"expires: 30d", "expires: 300d", false, true, false},
		"a broken one":     {"version: 1", "version: 3", false, false, true},
	} {
		text, dir, client := dated(t, words), t.TempDir(), newClient(t)
		server := mapServer(t, &text)
		first, err := Look(t.Context(), toolsOf(client), Wanted{From: server.URL}, nil)
		if err == nil {
			err = first.Keep(dir, now)
		}
		if err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, c.old, c.new)
		Renew(t.Context(), toolsOf(client), dir, now.Add(48*time.Hour))
		after, err := LoadCopy(dir)
		if err != nil {
			t.Fatal(err)
		}
		want := now
		if c.kept {
			want = now.Add(48 * time.Hour)
		}
		age := after.Age
		if !age.At.Equal(want) || !age.Tried.Equal(now.Add(48*time.Hour)) || (age.Waiting != "") != c.waiting || (age.Problem != "") != c.problem ||
			(after.Origin.SHA256 == Digest([]byte(text))) != c.kept || !after.Stamp.Until.Equal(want.Add(30*24*time.Hour)) {
			t.Errorf("%s: %+v", name, age)
		}
		if age.Stale(now.Add(48*time.Hour+time.Minute)) || age.Stale(now.Add(49*time.Hour)) == c.kept {
			t.Errorf("%s: is tried again too soon, or never", name)
		}
	}
}

// A note that can't be kept makes the copy older than it is, and breaks nothing.
func TestANoteThatCannotBeKept(t *testing.T) {
	t.Parallel()
	text, dir := dated(t, "defaults: {expires: 1h}"), t.TempDir()
	server := mapServer(t, &text)
	offer, err := Look(t.Context(), toolsOf(newClient(t)), Wanted{From: server.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ComparedName), 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	if err := offer.Keep(dir, now); err != nil {
		t.Fatal(err)
	}
	if loaded, err := LoadCopy(dir); err != nil || !loaded.Age.At.Equal(now) {
		t.Errorf("%v", err)
	}
	if data, err := json.Marshal(Stamp{}); err != nil || strings.Contains(string(data), "until") {
		t.Errorf("a stamp without an end says %s, %v", data, err)
	}
}

package credential

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
)

// ending is an item of an hour, of a role that is given until so long after its issue.
func ending(it *Item, until time.Duration) *Item {
	it.Roles, it.Terms = []string{"r"}, map[string]Terms{"r": {Until: noon.Add(until)}}
	return it
}

// What ends because the role is given no longer is as fresh as it can be until then, and nothing afterwards.
func TestTheEndOfAGrantEndsTheItem(t *testing.T) {
	t.Parallel()
	r := Request{Role: "r"}
	for name, c := range map[string]struct {
		it    *Item
		r     Request
		age   time.Duration
		fresh bool
	}{
		"nothing longer can be had":          {ending(newItem(time.Hour), 40*time.Minute), r, 39 * time.Minute, true},
		"to the last second":                 {ending(newItem(time.Hour), 40*time.Minute), r, 40*time.Minute - time.Second, true},
		"and no longer":                      {ending(newItem(time.Hour), 40*time.Minute), r, 40 * time.Minute, false},
		"nor an hour later":                  {ending(newItem(time.Hour), 40*time.Minute), r, 2 * time.Hour, false},
		"what ends with it":                  {ending(newItem(time.Hour), time.Hour), r, 59 * time.Minute, true},
		"what ends before it can be renewed": {ending(newItem(time.Hour), 61*time.Minute), r, 46 * time.Minute, false},
		"for who wants more than there is":   {ending(newItem(time.Hour), 40*time.Minute), Request{Role: "r", For: time.Hour}, 30 * time.Minute, true},
		"the clock was set back":             {ending(newItem(time.Hour), 40*time.Minute), r, -2 * time.Minute, false},
		"a token":                            {ending(newToken(time.Hour), 40*time.Minute), r, 39 * time.Minute, true},
		"a token, afterwards":                {ending(newToken(time.Hour), 40*time.Minute), r, 41 * time.Minute, false},
		"another role's token":               {ending(newToken(time.Hour), 30*time.Minute), Request{Role: "ml-trainer"}, 35 * time.Minute, true},
	} {
		now := noon.Add(c.age)
		if got := c.it.Fresh(c.r, now); got != c.fresh {
			t.Errorf("%s: fresh = %v", name, got)
		}
		if c.it.Fresh(c.r, now) && !c.it.Alive(c.r.Role, now) {
			t.Errorf("%s: fresh and over", name)
		}
	}
}

func TestWhatIsHandedOutEndsInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terms Terms
		want  time.Duration
	}{
		"no terms":             {Terms{}, time.Hour},
		"until":                {Terms{Until: noon.Add(10 * time.Minute)}, 10 * time.Minute},
		"until long after":     {Terms{Until: noon.Add(10 * time.Hour)}, time.Hour},
		"a longest life":       {Terms{MaxLife: 15 * time.Minute}, 15 * time.Minute},
		"one that is longer":   {Terms{MaxLife: 12 * time.Hour}, time.Hour},
		"both":                 {Terms{MaxLife: 15 * time.Minute, Until: noon.Add(20 * time.Minute)}, 15 * time.Minute},
		"both, the other way":  {Terms{MaxLife: 15 * time.Minute, Until: noon.Add(5 * time.Minute)}, 5 * time.Minute},
		"a recent sign-in":     {Terms{SignedIn: noon.Add(20 * time.Minute)}, 20 * time.Minute},
		"before the grant's":   {Terms{SignedIn: noon.Add(20 * time.Minute), Until: noon.Add(30 * time.Minute)}, 20 * time.Minute},
		"after it":             {Terms{SignedIn: noon.Add(40 * time.Minute), Until: noon.Add(30 * time.Minute)}, 30 * time.Minute},
		"before it was issued": {Terms{Until: noon.Add(-time.Minute)}, -time.Minute},
	} {
		for _, it := range []*Item{newItem(time.Hour), newToken(time.Hour)} {
			it.Terms = map[string]Terms{"r": c.terms}
			out := it.For("r")
			if !out.Expires.Equal(noon.Add(c.want)) || out.Token != nil && !out.Token.Expires.Equal(out.Expires) ||
				out.Credentials != nil && !out.Credentials.Expires.Equal(out.Expires) || !out.End("r").Equal(out.Expires) {
				t.Errorf("%s: %+v", name, out)
			}
			if !it.Expires.Equal(noon.Add(time.Hour)) || it.Token != nil && !it.Token.Expires.Equal(it.Expires) ||
				it.Credentials != nil && !it.Credentials.Expires.Equal(it.Expires) || !it.For("other").Expires.Equal(it.Expires) {
				t.Errorf("%s: what is kept, for other roles too, was cut", name)
			}
		}
	}
}

// A longest life is renewed within: it is no end after which nothing is to be had.
func TestALongestLifeIsRenewedLikeAnyOther(t *testing.T) {
	t.Parallel()
	it := newToken(24 * time.Hour)
	it.Terms = map[string]Terms{"ml-trainer": {MaxLife: time.Hour}}
	r := Request{Role: "ml-trainer"}
	if !it.Fresh(r, noon.Add(40*time.Minute)) || it.Fresh(r, noon.Add(41*time.Minute)) || it.Alive(r.Role, noon.Add(time.Hour)) {
		t.Error("with 20 minutes left of an hour it is to be renewed")
	}
}

func TestWhoGetsAnItemAndHow(t *testing.T) {
	t.Parallel()
	it := newItem(time.Hour)
	it.Roles, it.Terms = []string{"open", "kept"}, map[string]Terms{"kept": {NoCopies: true, NoAgents: true}}
	for _, c := range []struct {
		r    Request
		want bool
	}{
		{Request{Role: "open", Copied: true}, true},
		{Request{Role: "open", Agent: "claude-code"}, false}, // it is the person's own
		{Request{Role: "kept"}, true},
		{Request{Role: "kept", Copied: true}, false},
		{Request{Role: "kept", Agent: "claude-code"}, false},
	} {
		if got := it.ValidFor(c.r); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
		if got := it.Servable(c.r, it.Map, noon); got && !c.want {
			t.Errorf("%+v is servable", c.r)
		}
	}
}

// What was made for one agent is nobody else's, and each has a key of its own.
func TestAnAgentsItemIsItsOwn(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, made := range []string{"", "claude-code", "codex"} {
		for _, it := range []*Item{newItem(time.Hour), newToken(time.Hour)} {
			it.Roles, it.Binding.Agent = []string{"r"}, made
			for _, asks := range []string{"", "claude-code", "codex"} {
				if got := it.ValidFor(Request{Role: "r", Agent: asks}); got != (made == asks) {
					t.Errorf("made for %q, asked for by %q: %v", made, asks, got)
				}
			}
		}
		for name, r := range map[string]Request{
			"plain": {Role: "r", Agent: made}, "scoped": {Role: "r", Scope: []string{"claude-code"}, Agent: made}, "run": {Role: "r", Run: "claude-code", Agent: made},
			"vended": {Role: "r", From: Vended{By: Table, Name: "a.b.c"}, Agent: made},
		} {
			key := r.Key("m")
			if before, ok := keys[key]; ok {
				t.Errorf("%s for %q has the key of %s", name, made, before)
			}
			keys[key] = name + " for " + made
		}
	}
}

func TestTermsAreKeptAndReplaced(t *testing.T) {
	t.Parallel()
	first, next := stamp.Stamp{Path: "/m", Size: 1}, stamp.Stamp{Path: "/m", Size: 2}
	until := Terms{Until: noon.Add(time.Hour), MaxLife: 15 * time.Minute, NoCopies: true, NoAgents: true}
	it := newToken(time.Hour)
	it.Roles, it.Map = nil, first
	a := it.Accepted("a", until, first)
	b := a.Accepted("b", Terms{}, first)
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back := Decode("workspace/x", data)
	if back == nil || len(back.Terms) != 1 || back.Terms["a"] != until || !back.End("a").Equal(noon.Add(15*time.Minute)) || !back.End("b").Equal(back.Expires) {
		t.Fatalf("%+v", back)
	}
	if again := back.Accepted("a", Terms{}, first); len(again.Terms) != 0 || len(back.Terms) != 1 || len(again.Roles) != 2 {
		t.Errorf("the terms of now: %+v, as it was: %+v", again, back)
	}
	if other := back.Accepted("b", Terms{NoAgents: true}, next); len(other.Roles) != 1 || len(other.Terms) != 1 || other.ValidFor(Request{Role: "a"}) {
		t.Errorf("another map: %+v", other)
	}
	if (*Item)(nil).Accepted("a", until, first) != nil {
		t.Error("nothing became something")
	}
}

// What was issued for one reason is not what another one asks for; who says none has it while it lasts.
func TestWhatAReasonIsGoodFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reasoned      bool
		issued, asked string
		fits, fresh   bool // the second with five minutes left
	}{
		"nobody asks for one":         {false, "", "", true, false},
		"one is said all the same":    {false, "", "ticket 1", true, false},
		"the same":                    {true, "ticket 1", "ticket 1", true, false},
		"another":                     {true, "ticket 1", "ticket 2", false, false},
		"none is said":                {true, "ticket 1", "", true, true},
		"issued before it was needed": {true, "", "", false, true},
		"and one is said":             {true, "", "ticket 1", false, false},
	} {
		it := newItem(time.Hour)
		it.Roles, it.Terms, it.Reason = []string{"r"}, map[string]Terms{"r": {Reasoned: c.reasoned}}, c.issued
		r := Request{Role: "r", Reason: c.asked}
		if it.ReasonFits(r) != c.fits || it.ValidFor(r) != c.fits || it.Fresh(r, noon.Add(55*time.Minute)) != c.fresh {
			t.Errorf("%s: fits %v, fresh %v", name, it.ReasonFits(r), it.Fresh(r, noon.Add(55*time.Minute)))
		}
	}
}

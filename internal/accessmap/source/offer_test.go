package source

import (
	"strings"
	"testing"
	"time"
)

func TestLookAndKeep(t *testing.T) {
	t.Parallel()
	text, dir, client := string(acme(t)), t.TempDir(), newClient(t)
	server := mapServer(t, &text)
	from, now := server.URL+"/map.yaml", time.Unix(1_800_000_000, 0)
	look := func() *Offer {
		t.Helper()
		agreed, _ := LoadCopy(dir)
		offer, err := Look(t.Context(), toolsOf(client), Wanted{From: from}, agreed)
		if err != nil {
			t.Fatal(err)
		}
		return offer
	}
	first := look()
	if !first.First || !first.Asks() || first.Same || len(first.Changes) == 0 {
		t.Errorf("the first: %v", first.Changes)
	}
	if err := first.Keep(dir, now); err != nil {
		t.Fatal(err)
	}
	if same := look(); !same.Same || same.Asks() || same.Map == nil || !same.Origin.Fetched.Equal(now) {
		t.Errorf("the same: %v", same.Changes)
	}
	for _, c := range []struct {
		old, new string
		asks     bool
		changes  int
	}{
		{"Train the churn model", "Train", false, 1},
		{"[ml-trainer, ml-curator]", "[ml-curator]", false, 1},
		{"read: [features]", "read: [features, churn]", true, 1},
		{"version: 1", "version: 1 # still", false, 0},
	} {
		text = strings.ReplaceAll(string(acme(t)), c.old, c.new)
		if offer := look(); offer.Same || offer.First || offer.Asks() != c.asks || len(offer.Changes) < c.changes || len(offer.Changes) > 0 != (c.changes > 0) {
			t.Errorf("%s: %v, %v, %v", c.new, offer.Same, offer.First, offer.Changes)
		}
	}
	// Another place is another author, even of the same text.
	text, from = string(acme(t)), server.URL+"/other.yaml"
	if other := look(); !other.First || !other.Asks() {
		t.Errorf("another place: %v", other.First)
	}
	text = "version: 3\n"
	if agreed, err := LoadCopy(dir); err != nil {
		t.Fatal(err)
	} else if offer, err := Look(t.Context(), toolsOf(client), Wanted{From: from}, agreed); err == nil {
		t.Errorf("a broken map is offered: %v", offer.Map)
	}
}

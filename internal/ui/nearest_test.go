package ui

import (
	"slices"
	"strings"
	"testing"
)

func TestNearestKnowsSlipsOfTheFinger(t *testing.T) {
	known := []string{"ml-reader", "ml-trainer", "dev", "prod", "status", "Größe", "z"}
	for word, want := range map[string]string{
		"ml-raeder":                "ml-reader",
		"ml-traner":                "ml-trainer",
		"ml_trainr":                "ml-trainer",
		"ML-Trainer":               "ml-trainer",
		"dve":                      "dev",
		"de":                       "dev",
		"prd":                      "prod",
		"porx":                     "", // two slips in four letters
		"y":                        "", // of one letter, anything is near anything
		"sta":                      "status",
		"st":                       "status",
		"s":                        "", // one letter begins too much
		"STA":                      "status",
		"GRÖ":                      "Größe",
		"ml-t":                     "ml-trainer",
		"grösse":                   "Größe",
		"ml":                       "", // two begin with it
		"ml-":                      "",
		"aws":                      "",
		"x":                        "",
		"":                         "",
		"administrator":            "",
		strings.Repeat("x", 1e6):   "",
		"dev" + string(rune(0xff)): "dev",
	} {
		if got := Nearest(word, slices.Values(known)); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
	if got := Nearest("login", slices.Values([]string(nil))); got != "" {
		t.Errorf("of nothing, %q is the nearest", got)
	}
}

func TestNearestKnowsKeysAndNames(t *testing.T) {
	t.Parallel()
	known := []string{"role_arn", "region", "duration", "read", "write", "delete", "ml-reader", "a1"}
	for unknown, want := range map[string]string{
		"roleArn": "role_arn", "role-arn": "role_arn", "rolearn": "role_arn", "Region": "region", "regoin": "region",
		"dlete": "delete", "raed": "read", "reads": "read", "mlreader": "ml-reader", "ml_raeder": "ml-reader",
		"xyz": "", "": "", "a2": "", "w": "", strings.Repeat("region", 100): "",
	} {
		for _, known := range [][]string{known, slices.Sorted(slices.Values(known))} {
			if got := Nearest(unknown, slices.Values(known)); got != want {
				t.Errorf("%q: got %q, want %q", unknown, got, want)
			}
		}
	}
	if got := Nearest("lage", slices.Values([]string{"late", "lace"})); got != "lace" {
		t.Errorf("of equally near ones, %q comes first", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1},
		{"abc", "acb", 1}, {"login", "lgoin", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
	} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

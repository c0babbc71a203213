package accessmap

import (
	"fmt"
	"strings"
	"testing"
)

func TestValuesAreShownInQuotes(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "ml-reader", "team 5", `a"b`, `a\b`, "zoë", "a\tb", "\x7f", "\xff", strings.Repeat("x", 80)} {
		if got, want := shown(value), fmt.Sprintf("%q", value); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := shown(strings.Repeat("é", 81)), `"`+strings.Repeat("é", 80)+`"…`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

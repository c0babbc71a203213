package cli

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A person at a terminal is asked what for, once, where a role is given only with a reason; a program is not.
func TestAPersonIsAskedForAReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typed       string
		interactive bool
		want        string // the reasons that were tried with
		id          ui.ID  // of the error; "" for none
	}{
		"a reason":     {"ticket 4711\n", true, "|ticket 4711", ""},
		"nothing":      {"\n", true, "", "reason-invalid"},
		"no terminal":  {"ticket 4711\n", false, "", "reason-required"},
		"end of input": {"", true, "", ""},
	} {
		var said strings.Builder
		env := NewEnv(Process{Streams: &ui.Streams{In: strings.NewReader(c.typed), Out: io.Discard, Err: &said, Interactive: c.interactive}})
		var tried []string
		got, err := WithReason(t.Context(), env, broker.Request{Role: "payer"}, func(r broker.Request) (string, error) {
			tried = append(tried, r.Reason)
			if r.Reason == "" {
				return "", broker.ReasonRequired(r.Role, "pay (restricted)")
			}
			return "keys", nil
		})
		if strings.Join(tried, "|") != c.want || (got == "keys") != (strings.Contains(c.want, "4711")) || ui.IDOf(err) != c.id ||
			strings.Contains(said.String(), "What for? ") != c.interactive {
			t.Errorf("%s: %q, %q, %v; said %q", name, tried, got, err, said.String())
		}
		if name == "end of input" && !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package mcpcmd

import (
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// An answer counts for what was asked of the same person, for the same role, and a while ago at most.
func TestAnAnswerBelongsToItsQuestion(t *testing.T) {
	t.Parallel()
	s := newServer(homeless(t), "")
	accepted := &mcp.ElicitResult{Action: "accept", Content: map[string]any{"reason": "a look"}}
	for name, c := range map[string]struct {
		state  func(*call) string
		answer mcp.InputResponse
		id     ui.ID
	}{
		"as asked":      {func(c *call) string { return s.seal(c, "ml-trainer", c.Now().Add(time.Minute)) }, accepted, ""},
		"not asked":     {func(*call) string { return "" }, accepted, "answer-unasked"},
		"another role":  {func(c *call) string { return s.seal(c, "ml-admin", c.Now().Add(time.Minute)) }, accepted, "answer-unasked"},
		"too late":      {func(c *call) string { return s.seal(c, "ml-trainer", c.Now().Add(-time.Minute)) }, accepted, "answer-unasked"},
		"another shape": {func(c *call) string { return s.seal(c, "ml-trainer", c.Now().Add(time.Minute)) }, &mcp.ElicitResult{Action: "maybe"}, "answer-unasked"},
		"declined":      {func(c *call) string { return s.seal(c, "ml-trainer", c.Now().Add(time.Minute)) }, &mcp.ElicitResult{Action: "decline"}, "person-declined"},
	} {
		one := &call{Env: homeless(t), tool: "check_access", agent: "claude-code", request: &mcp.CallToolRequest{Params: &mcp.CallToolParamsRaw{Name: "check_access"}}}
		one.request.Params.RequestState = c.state(one)
		one.request.Params.InputResponses = mcp.InputResponseMap{askReason: c.answer}
		answer, err := s.answer(one, "ml-trainer", askReason)
		if ui.IDOf(err) != c.id || (answer != nil) != (c.id == "") || err != nil && (ui.CodeOf(err) != ui.Refused || ui.HintOf(err) == "") {
			t.Errorf("%s: %+v, %v, hint %q", name, answer, err, ui.HintOf(err))
		}
	}
}

// The tests' own program has none beside it.
func TestTheOtherProgramHasToBeThere(t *testing.T) {
	t.Parallel()
	found, err := (&call{Env: homeless(t)}).findPrograms()
	if ui.IDOf(err) != "dbxaccess-missing" || ui.CodeOf(err) != ui.Failed || ui.HintOf(err) == "" || found != (programs{}) {
		t.Errorf("%+v, %v, hint %q", found, err, ui.HintOf(err))
	}
}

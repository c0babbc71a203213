package mcpcmd

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// questions are what the person has to answer before a call goes on. They go to the person through the agent's program: as requests of this
// server's in older generations of the protocol, as what the call is answered with in the newest. The SDK does either, and calls again. An
// answer is never among a tool's arguments, which the model writes.
type questions struct {
	all   mcp.InputRequestMap
	state string
}

func (*questions) Error() string { return "the person has to be asked" }

func (q *questions) result() *mcp.CallToolResult {
	return &mcp.CallToolResult{InputRequests: q.all, RequestState: q.state}
}

// askFor is how long an answer is waited for.
const askFor = 15 * time.Minute

// The questions' ids.
const (
	askReason = "reason"
	askSignIn = "sign-in"
)

// permit has the person asked for what the access map demands of them for a role. nil: the agent may try it.
func (s *server) permit(c *call, row access.Row) error {
	put := &questions{all: mcp.InputRequestMap{}}
	if row.SignInLacks != "" {
		lacks := ui.Errorf("step-up-needed", ui.LoginNeeded, "%s", row.SignInLacks).With(ui.Command(row.SignInCommand))
		answer, err := s.answer(c, row.Role, askSignIn)
		switch {
		case err != nil:
			return err
		case row.SignInCommand == "" || answer != nil:
			return lacks
		case !c.canAsk():
			return lacks
		}
		put.all[askSignIn] = &mcp.ElicitParams{
			Mode: "form", RequestedSchema: json.RawMessage(`{"type":"object","properties":{}}`),
			Message: fmt.Sprintf("%s wants to use the role %s. %s. If that is what you want, run this in a terminal of your own, and accept once it is done: %s", c.agent, row.Role, row.SignInLacks, row.SignInCommand),
		}
	}
	if row.Demands != nil && row.Demands.Reason && s.reason(row.Role) == "" {
		missing := ui.Errorf("reason-required", ui.Refused, "the role %s is given only with a reason, which the person has to say, and this program can't ask them", row.Role).
			With(ui.Advice("ask the person to run it in a terminal of their own:"), broker.ReasonCommand(row.Role))
		answer, err := s.answer(c, row.Role, askReason)
		if err != nil {
			return err
		}
		if answer != nil {
			text, _ := answer.Content["reason"].(string)
			if text, err = broker.Reason(text); err != nil {
				return err
			}
			s.mu.Lock()
			s.reasons[row.Role] = text
			s.mu.Unlock()
		} else {
			if !c.canAsk() {
				return missing
			}
			put.all[askReason] = &mcp.ElicitParams{
				Mode:    "form",
				Message: fmt.Sprintf("%s wants to use the role %s, which is given only with a reason. What for? It goes into the record.", c.agent, row.Role),
				RequestedSchema: json.RawMessage(fmt.Sprintf(
					`{"type":"object","properties":{"reason":{"type":"string","title":"Reason","description":"What the credentials are for","minLength":1,"maxLength":%d}},"required":["reason"]}`, credential.MaxReason)),
			}
		}
	}
	if len(put.all) > 0 {
		c.asked = "asked"
		put.state = s.seal(c, row.Role, c.Now().Add(askFor))
		return put
	}
	c.reason = s.reason(row.Role)
	return nil
}

// reason is what the person has said that a role is for, "" for nothing.
func (s *server) reason(role string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reasons[role]
}

// answer is how the person answered a question; nil where it was not put yet. That they declined is an error.
func (s *server) answer(c *call, role, id string) (*mcp.ElicitResult, error) {
	response, ok := c.request.Params.InputResponses[id]
	if !ok {
		return nil, nil
	}
	answer, ok := response.(*mcp.ElicitResult)
	if !ok || !s.sealed(c, role) {
		return nil, ui.Errorf("answer-unasked", ui.Refused, "an answer came to what was not asked").With(ui.Advice("call the tool again, and let the person answer"))
	}
	switch c.asked = answer.Action; answer.Action {
	case "accept":
		return answer, nil
	case "decline", "cancel":
		return nil, ui.Errorf("person-declined", ui.Refused, "the person was asked, and did not agree: %s", answer.Action).With(ui.Advice("ask the person what they want instead"))
	}
	c.asked = ""
	return nil, ui.Errorf("answer-unasked", ui.Refused, "an answer came to what was not asked").With(ui.Advice("call the tool again, and let the person answer"))
}

// canAsk reports whether the program at the other end asks its person what a server wants to know.
func (c *call) canAsk() bool {
	told := c.request.Session.InitializeParams()
	if told == nil || told.Capabilities == nil || told.Capabilities.Elicitation == nil {
		return false
	}
	can := told.Capabilities.Elicitation
	return can.Form != nil || can.URL == nil // the first versions knew forms alone, and did not say so
}

// seal is what goes to the client with a question and comes back with the answer: that this call has put it, and until when it may be
// answered.
func (s *server) seal(c *call, role string, until time.Time) string {
	at := strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, s.key[:])
	for _, part := range []string{c.tool, c.agent, role, at} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return at + "." + hex.EncodeToString(mac.Sum(nil))
}

func (s *server) sealed(c *call, role string) bool {
	at, _, _ := strings.Cut(c.request.Params.RequestState, ".")
	until, err := strconv.ParseInt(at, 10, 64)
	return err == nil && c.Now().Before(time.Unix(until, 0)) && hmac.Equal([]byte(c.request.Params.RequestState), []byte(s.seal(c, role, time.Unix(until, 0))))
}

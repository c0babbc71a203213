package mcpcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// call is one call of a tool, as far as it is recorded and answered alike for all.
type call struct {
	*cli.Env // as the agent

	tool    string
	agent   string
	request *mcp.CallToolRequest

	// What the record tells of it, as far as it is known.
	role   string // of the access map, that it is about; "" for none
	reason string // that the person gave
	asked  string // whether the person was asked, and how they answered: see audit.Record
}

type callKey struct{}

// argumentsInvalid is the id where arguments don't fit a tool's schema.
const argumentsInvalid ui.ID = "tool-arguments-invalid"

// calls is the middleware around each call of a tool.
func (s *server) calls(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, request mcp.Request) (mcp.Result, error) {
		params, ok := request.GetParams().(*mcp.CallToolParamsRaw)
		session, has := request.GetSession().(*mcp.ServerSession)
		if !ok || !has {
			return next(ctx, method, request)
		}
		agent := s.agentOf(session)
		c := &call{Env: s.as(), tool: "unknown", agent: agent}
		if s.tools[params.Name] {
			c.tool = params.Name
		}
		result, err := next(context.WithValue(ctx, callKey{}, c), method, request)
		answer, ok := result.(*mcp.CallToolResult)
		if err != nil || !ok {
			return result, cmp.Or(err, c.record(ctx, err))
		}
		failed := answer.GetError()
		if unrecorded := c.record(ctx, failed); unrecorded != nil {
			answer, failed = &mcp.CallToolResult{}, unrecorded
			answer.SetError(failed)
		}
		if failed != nil {
			if c.request == nil && ui.IDOf(failed) == "" { // the SDK's, about the schema: the tool was not called
				failed = ui.Errorf(argumentsInvalid, ui.Usage, "%s takes other arguments: %w", c.tool, failed).With(ui.Advice("call it with what its input schema has, and nothing else"))
			}
			answer.Content = []mcp.Content{&mcp.TextContent{Text: failureText(failed) + c.fewVariables(failed)}}
		}
		return answer, nil
	}
}

// add adds a tool. What it returns as an error is told as one that the model can do something about.
func add[In, Out any](s *server, p *mcp.Server, tool mcp.Tool, work func(ctx context.Context, c *call, in In) (Out, error)) {
	s.tools[tool.Name] = true
	mcp.AddTool(p, &tool, func(ctx context.Context, request *mcp.CallToolRequest, in In) (result *mcp.CallToolResult, out Out, err error) {
		done, err := s.enter(ctx)
		if err != nil {
			return nil, out, err
		}
		defer done()
		c := ctx.Value(callKey{}).(*call)
		c.request = request
		defer func() {
			if fault := recover(); fault != nil {
				c.Log().Error("a tool failed", "tool", c.tool, "fault", fault, "stack", string(debug.Stack()))
				err = ui.Errorf("tool-failed", ui.Failed, "the tool %s failed by a fault of its own", c.tool).With(ui.Advice("do it by the command line: dbxaccess --help"))
			}
		}()
		out, err = work(ctx, c, in)
		if put, ok := errors.AsType[*questions](err); ok {
			return put.result(), out, nil
		}
		if err != nil && ui.IDOf(err) == "" && ctx.Err() == nil { // of the system, and not of what the model has said
			err = ui.Errorf("tool-failed", ui.CodeOf(err), "the tool %s failed: %w", c.tool, err).With(ui.Advice("do it by the command line: dbxaccess --help"))
		}
		return nil, out, err
	})
}

// enter waits for a call's turn.
func (s *server) enter(ctx context.Context) (done func(), err error) {
	select {
	case s.waiting <- struct{}{}:
	default:
		return nil, ui.Errorf("tool-busy", ui.Failed, "%d calls are at work or wait already", maxAtWork+maxWaiting).With(ui.Advice("call again when the others have been answered"))
	}
	defer func() { <-s.waiting }()
	select {
	case s.atWork <- struct{}{}:
		return func() { <-s.atWork }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// failureText is an error for a model: what happened, its id, and what mends it.
func failureText(err error) string {
	var b strings.Builder
	b.WriteString(ui.CleanLines(ui.Told(err)))
	if id := ui.IDOf(err); id != "" {
		fmt.Fprintf(&b, "\n\nerror: %s (exit code %d)", id, ui.CodeOf(err))
	}
	fix := ui.FixOf(err).Clean()
	if len(fix) == 0 {
		return b.String()
	}
	switch ui.CodeOf(err) {
	case ui.LoginNeeded, ui.KeyringUnavailable:
		b.WriteString("\n\nAsk the person to do this in a terminal of their own:\n")
	default:
		b.WriteString("\n\nWhat mends it:\n")
	}
	for _, step := range fix {
		fmt.Fprintf(&b, "  %s\n", step.Text)
	}
	return b.String()
}

// fewVariables says which variables this process was started without, where it may be for them that something was not found: programs for
// coding agents pass few of them on to the servers that they start.
func (c *call) fewVariables(err error) string {
	switch ui.CodeOf(err) {
	case ui.KeyringUnavailable, ui.LoginNeeded:
	default:
		if ui.IDOf(err) != "map-missing" {
			return ""
		}
	}
	var missing []string
	for _, name := range sessionVariables {
		if c.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "\nThis server was started without " + ui.And(missing) + ". If the person's terminal has them, have the program that starts it pass them on: dbxaccess mcp install\n"
}

// reads are the hints of a tool that changes nothing.
func reads(title string) *mcp.ToolAnnotations {
	return &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(false), OpenWorldHint: new(false)}
}

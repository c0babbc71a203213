package mcpcmd

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// wanted is what request_access takes.
type wanted struct {
	Name    string   `json:"name" jsonschema:"a role or a dataset of the access map"`
	Actions []string `json:"actions,omitempty" jsonschema:"what to do with a dataset: read, write, delete; read where nothing is said"`
}

// access is its answer.
type granted struct {
	Ready   bool     `json:"ready" jsonschema:"whether you may use it now"`
	Role    string   `json:"role,omitempty"`
	Command string   `json:"command,omitempty" jsonschema:"the command line that runs something with it; the tool run does the same"`
	Profile string   `json:"profile,omitempty" jsonschema:"of AWS's and Databricks' config files: tools that are given it get its credentials. Empty where the map wants a reason, which a profile can't give"`
	You     grants   `json:"you" jsonschema:"the datasets that you may use by it"`
	Missing string   `json:"missing,omitempty" jsonschema:"why it is not ready"`
	Ways    []string `json:"ways,omitempty" jsonschema:"what would give it to the person, the smallest change first"`
	Contact string   `json:"contact,omitempty" jsonschema:"who is asked"`
	Message string   `json:"message,omitempty" jsonschema:"for the person to send there, with the change of the access map as a patch"`
}

func (s *server) addRequest(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name:        "request_access",
		Annotations: &mcp.ToolAnnotations{Title: "Request access", DestructiveHint: new(false), IdempotentHint: true, OpenWorldHint: new(false)},
		Description: "Asks for a role, or for a dataset: answers with the command line and the profile by which you may use it. The person is asked for what the map demands of them, as a reason or a fresh sign-in. Where they may not have it, it answers with the text by which they can ask for it. Changes nothing and sends nothing.",
	}, func(ctx context.Context, c *call, in wanted) (granted, error) {
		m, _, err := c.Map()
		if err != nil {
			return granted{}, err
		}
		name := in.Name
		if m.Datasets[name] != nil && m.Roles[name] == nil || len(in.Actions) > 0 {
			if name, err = c.roleFor(ctx, in); err != nil || name == "" {
				return c.howToCome(ctx, in, err)
			}
		}
		view, row, err := c.row(ctx, name)
		if err != nil {
			return granted{}, err
		}
		if !row.MayTake {
			return c.howToCome(ctx, in, nil)
		}
		told := c.roleOf(view.Map, row)
		answer := granted{Role: row.Role, You: told.You, Missing: told.Refused}
		if told.Refused != "" && !row.GivesToken {
			return answer, nil
		}
		if err := s.permit(c, row); err != nil {
			return granted{}, err
		}
		answer.Ready = true
		answer.Command = "dbxaccess exec --agent " + c.agent + " " + row.Role
		if c.reason == "" {
			answer.Profile = row.Profile
		} else {
			answer.Command += " --reason " + ui.Word(c.reason)
		}
		answer.Command += " -- COMMAND"
		return answer, nil
	})
}

// roleFor is a role by which the agent may do what is wanted with a dataset; "" where there is none. Of several it is the one that can do least.
func (c *call) roleFor(ctx context.Context, in wanted) (string, error) {
	view, err := c.View(ctx)
	if err != nil {
		return "", err
	}
	_, rows, err := view.Available(ctx, "")
	if err != nil {
		return "", err
	}
	found, least := "", 0
	for _, row := range rows {
		e, _, err := view.Map.AgentEffective(c.agent, row.Role, nil)
		if err != nil || !holds(e.VerbsOn(in.Name), in.Actions) {
			continue
		}
		if size := len(e.Read) + len(e.Write) + len(e.Delete); found == "" || size < least {
			found, least = row.Role, size
		}
	}
	return found, nil
}

func holds(has, wanted []string) bool {
	if len(wanted) == 0 {
		wanted = []string{"read"}
	}
	for _, one := range wanted {
		found := false
		for _, verb := range has {
			found = found || verb == one
		}
		if !found {
			return false
		}
	}
	return true
}

// howToCome is how the person comes to what they, or the agent, may not have. It is worked out by the command for that.
func (c *call) howToCome(ctx context.Context, in wanted, err error) (granted, error) {
	if err != nil {
		return granted{}, err
	}
	our, err := c.findPrograms()
	if err != nil {
		return granted{}, err
	}
	args := []string{"map", "request", "-o", "json"}
	for _, action := range in.Actions {
		args = append(args, "--action", action)
	}
	var told struct {
		Has     []string `json:"has"`
		Contact string   `json:"contact"`
		Ways    []struct {
			What string `json:"what"`
		} `json:"ways"`
		Message string `json:"message"`
	}
	if err := c.ours(ctx, our.dbxaccess, nil, &told, append(args, "--", in.Name)...); err != nil {
		return granted{}, err
	}
	answer := granted{You: grantsOf(nil, nil, nil), Contact: ui.Clean(told.Contact), Message: ui.CleanLines(told.Message), Missing: "the access map does not give it to the person"}
	if len(told.Has) > 0 {
		answer.Role = told.Has[0]
		answer.Missing = "the person may do it by the role " + told.Has[0] + ", and the access map leaves it to no agent: ask the person to do it themselves"
	}
	for _, way := range told.Ways {
		answer.Ways = append(answer.Ways, ui.Clean(way.What))
	}
	return answer, nil
}

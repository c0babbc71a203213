package mcpcmd

import (
	"context"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/refusal/judge"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// pasted is what why_denied takes.
type pasted struct {
	Text string `json:"text" jsonschema:"what the program wrote, whole: the message with the lines around it"`
	Role string `json:"role,omitempty" jsonschema:"of the access map, that was used, where the text does not say"`
}

// denied is its answer. Of what is not known, the field is "".
type denied struct {
	Principal string   `json:"principal" jsonschema:"who was refused"`
	Action    string   `json:"action"`
	Resource  string   `json:"resource"`
	Kind      string   `json:"kind" jsonschema:"which kind of policy refused it"`
	Meaning   string   `json:"meaning" jsonschema:"of the kind, in words"`
	Verdict   string   `json:"verdict" jsonschema:"allowed-by-map, denied-by-map or unknown"`
	UsedRole  string   `json:"used_role" jsonschema:"of the access map, that was refused"`
	Role      string   `json:"role" jsonschema:"of the access map, that would allow it to the person"`
	Dataset   string   `json:"dataset"`
	Map       string   `json:"map" jsonschema:"what the map says, in words"`
	You       string   `json:"you" jsonschema:"why you may not, where the person may"`
	Why       []string `json:"why"`
	Contact   string   `json:"contact" jsonschema:"who is asked about the map"`
	Next      string   `json:"next" jsonschema:"what to do, a step a line"`
	Others    int      `json:"others" jsonschema:"how many other refusals are in the text"`
}

func (s *server) addDenied(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "why_denied", Annotations: reads("Explain a refusal"),
		Description: "Explains a refusal by AWS, Databricks or dbxaccess from what a program wrote: who was refused what and by which kind of policy, whether the access map would allow it, which role would, and what to do. Asks no server.",
	}, func(ctx context.Context, c *call, in pasted) (denied, error) {
		if len(in.Text) > refusal.MaxSize {
			return denied{}, ui.Errorf("explain-too-large", ui.Failed, "%s has more than %d MiB", "the text", refusal.MaxSize>>20).With(ui.Advice("give its last 2,000 lines"))
		}
		by, err := c.asker(ctx, in.Role)
		if err != nil {
			return denied{}, err
		}
		found, err := refusal.Read([]byte(in.Text))
		if errors.Is(err, refusal.ErrNone) {
			return denied{}, ui.Errorf("refusal-unrecognised", ui.Failed, "%s: %w", "the text", err).
				With(ui.Advice("give the message whole, with the lines around it that name the bucket or the table"))
		}
		if err != nil {
			return denied{}, err
		}
		return c.deniedOf(by, found), nil
	})
}

func (c *call) deniedOf(by judge.Asker, found refusal.Found) denied {
	a := judge.Of(found.Refusal, by)
	d := denied{
		Principal: found.Principal, Action: found.Action, Resource: found.Resource, Kind: string(found.Kind), Meaning: judge.Meaning(found.Kind), Verdict: string(a.Verdict),
		UsedRole: a.Used, Role: a.Role, Dataset: a.Dataset, Map: ui.Clean(a.Map), Why: []string{}, Contact: ui.Clean(a.Contact), Next: a.Next.Clean().String(), Others: found.Others,
	}
	for _, why := range a.Why {
		d.Why = append(d.Why, ui.Clean(why))
	}
	if by.Map != nil && a.Verdict == judge.Allowed && a.Used != "" {
		if e, _, err := by.Map.AgentEffective(c.agent, a.Used, nil); err != nil {
			d.You = ui.Clean(err.Error())
		} else if a.Dataset != "" {
			d.You = "as an agent you may do this with " + a.Dataset + ": " + ui.Listed(e.VerbsOn(a.Dataset))
		}
	}
	return d
}

// asker is who asks, and by which map; without one it goes on.
func (c *call) asker(ctx context.Context, role string) (judge.Asker, error) {
	by := judge.Asker{Now: c.Now()}
	m, _, err := c.Map()
	if errors.Is(err, source.ErrNoCopy) {
		return by, nil
	}
	if err != nil {
		return by, err
	}
	if role != "" {
		if _, err := m.Effective(role); err != nil {
			return by, err
		}
		c.role = role
	}
	by.Map, by.Role = m, role
	if view, err := c.View(ctx); err == nil { // else it is about the map alone
		by.Person, by.Has = view.Person(ctx)
	}
	return by, nil
}

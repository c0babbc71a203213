package judge

import (
	"fmt"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// said is what a session policy says.
type said int

const (
	no said = iota
	yes
	unnarrowed // there is no session policy
	maybe      // the role's managed policies, which AWS keeps, may allow it besides; or the policy can't be compiled
)

// policyAllows judges what was refused by the session policy that a role compiles to, for the agent that was refused if one was.
func (c *inquiry) policyAllows(role string) said {
	if c.Agent != "" {
		return c.agentsPolicyAllows(role)
	}
	return c.personsPolicyAllows(role)
}

func (c *inquiry) personsPolicyAllows(role string) said {
	document, err := c.Map.Policy(role, nil, time.Time{})
	if err != nil {
		return maybe
	}
	e, err := c.Map.Effective(role)
	if err != nil {
		return maybe
	}
	if document == "" && len(e.ManagedPolicies) == 0 {
		return unnarrowed
	}
	effect := evaluate.None
	if document != "" {
		policy, err := evaluate.Parse(document)
		if err != nil {
			return maybe
		}
		effect = policy.Evaluate(c.request()).Effect
	}
	switch {
	case effect == evaluate.Allow:
		return yes
	case effect == evaluate.None && len(e.ManagedPolicies) > 0:
		return maybe
	}
	return no
}

// agentsPolicyAllows judges by that of an agent, to which nothing is given that is not narrowed.
func (c *inquiry) agentsPolicyAllows(role string) said {
	p, err := c.Map.AgentPolicies(c.Agent, role, nil, time.Time{})
	switch {
	case ui.CodeOf(err) == ui.Refused:
		return no
	case err != nil:
		return maybe
	}
	policy, err := evaluate.Parse(p.Whole)
	if err != nil {
		return maybe
	}
	if policy.Evaluate(c.request()).Effect == evaluate.Allow {
		return yes
	}
	return no
}

// notForAgents says what an agent has of a role by which a person may do what was refused; "" where nobody may.
func (c *inquiry) notForAgents(role string) string {
	if c.Agent == "" || c.personsPolicyAllows(role) == no {
		return ""
	}
	share, err := c.Map.AgentShare(c.Agent, role)
	if err != nil {
		return ""
	}
	return "allows it by " + role + " to the person, and not to the coding agent " + c.Agent + ", which gets " + strings.Join(share.Words(c.Map.Labels), ", ")
}

// request is what was refused, as IAM sees it: over TLS, now, and of KMS through S3.
func (c *inquiry) request() evaluate.Request {
	context := map[string][]string{
		"aws:SecureTransport": {"true"},
		"aws:CurrentTime":     {c.Now.UTC().Format(time.RFC3339)},
	}
	if c.Action == "s3:ListBucket" && c.Prefix != "" {
		context["s3:prefix"] = []string{c.Prefix}
	}
	resource := c.Resource
	if resource == "" {
		resource = "*"
	}
	return evaluate.Request{Action: c.Action, Resource: resource, Principal: c.Principal, Context: context}
}

// whyNot says why a role's session policy does not allow what was refused.
func (c *inquiry) whyNot(role string, at []match) string {
	e, err := c.Map.Effective(role)
	if err != nil {
		return "does not allow it to " + role
	}
	switch {
	case c.verb == "" && c.place.kind == inBucket:
		return fmt.Sprintf("never gives %s, so the session policy of %s denies it", c.Action, role)
	case c.verb == "":
		return fmt.Sprintf("gives %s neither a dataset nor a statement for %s, so its session policy denies that", role, c.Action)
	case c.place.kind == ofKey && len(at) == 0:
		return c.otherKey(role)
	case len(at) == 0 && c.Operation == "HeadBucket":
		return fmt.Sprintf("limits %s to prefixes, and HeadBucket is a listing without one", role)
	case len(at) == 0:
		return fmt.Sprintf("has no dataset at %s", c.asked())
	case at[0].root && c.verb == accessmap.Read && e.May(accessmap.Read, at[0].name):
		return fmt.Sprintf("lets %s read below %s/, but not its name without the slash", role, c.asked())
	}
	if place := c.deniedAt(at); place != "" {
		return "denies " + place + " to whoever has the dataset"
	}
	for _, m := range at {
		if has := strings.Join(e.VerbsOn(m.name), " and "); has != "" && !e.May(c.verb, m.name) {
			return fmt.Sprintf("lets %s %s %s, not %s it", role, has, c.Map.Label(m.name), c.verb)
		}
		if e.May(c.verb, m.name) {
			return fmt.Sprintf("lets %s %s %s, except here", role, c.verb, c.Map.Label(m.name))
		}
	}
	return fmt.Sprintf("gives %s nothing on %s", role, c.Map.Label(at[0].name))
}

// deniedAt is the part of a dataset in which the place of a refusal is, and that the map denies; "" for none.
func (c *inquiry) deniedAt(at []match) string {
	asked := c.place.key
	if asked == "" {
		asked = c.Prefix
	}
	for _, m := range at {
		for _, l := range c.Map.Datasets[m.name].Deny {
			if l.Bucket == c.place.bucket && strings.HasPrefix(asked, l.Prefix) {
				return l.String()
			}
		}
	}
	return ""
}

// otherKey is about a key of KMS that no dataset names.
func (c *inquiry) otherKey(role string) string {
	e, err := c.Map.Effective(role)
	if err != nil {
		return "names another key"
	}
	for _, name := range e.Datasets() {
		if d := c.Map.Datasets[name]; d.KMSKey != "" {
			return fmt.Sprintf("names another key for %s, %s", c.Map.Label(name), d.KMSKey)
		}
	}
	return fmt.Sprintf("names no key for the datasets of %s", role)
}

// noRole says why no role at all would be allowed.
func (c *inquiry) noRole(at []match) string {
	switch {
	case c.verb == "":
		return "never gives " + c.Action
	case len(at) == 0 && c.Operation == "HeadBucket":
		return "limits roles to prefixes in " + c.place.bucket + ", and HeadBucket is a listing without one"
	case len(at) == 0 && c.place.kind == ofKey:
		return "has no dataset with this key"
	case len(at) == 0:
		return "has no dataset at " + c.asked()
	case c.deniedAt(at) != "":
		return "denies " + c.deniedAt(at) + " to whoever has the dataset"
	case at[0].root:
		return fmt.Sprintf("lets roles %s below %s/, but not its name without the slash", c.verb, c.asked())
	}
	return fmt.Sprintf("has no role that may %s %s", c.verb, c.Map.Label(at[0].name))
}

// listable are the places of a bucket that a role may list.
func (c *inquiry) listable(role string) []string {
	e, err := c.Map.Effective(role)
	if err != nil {
		return nil
	}
	var places []string
	for _, name := range e.Read {
		for _, l := range c.Map.Datasets[name].Locations {
			if l.Bucket == c.place.bucket {
				places = append(places, l.String())
			}
		}
	}
	return places
}

// asked is the place as people write it.
func (c *inquiry) asked() string {
	switch c.place.kind {
	case inBucket:
		key := c.place.key
		if key == "" {
			key = c.Prefix
		}
		return "s3://" + c.place.bucket + "/" + key
	case nowhere:
		return "what was asked for"
	}
	return c.place.arn
}

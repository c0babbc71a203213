package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// zero is the end of a role's policy that has none.
var zero time.Time

// disagreement is what AWS's simulator and package evaluate say differently of one verb on one dataset.
type disagreement struct {
	probe        Probe
	organization bool // it is the organisation's policies that take it away
	said         []Simulated
}

// RefusedError is a simulator's that does not answer about a role.
type RefusedError struct {
	Why string // as in AccessDenied: not allowed to call iam:SimulatePrincipalPolicy
	Fix ui.Fix
}

func (e *RefusedError) Error() string { return e.Why }

// Simulate asks AWS's simulator all the probes, and finds where it disagrees with what this program knows of IAM's rules: a
// role's policies and its boundary, narrowed by the session policy. ask is called once a probe, and no more of a role after a RefusedError,
// which is a finding. Any other error of it ends the asking.
func Simulate(ctx context.Context, probes []Probe, actual *Actual, ask func(context.Context, Probe) ([]Simulated, error)) ([]Finding, error) {
	var (
		found   []disagreement
		refused []Finding
		layers  = make(map[string]evaluate.Layers)
	)
	for _, p := range probes {
		if slices.ContainsFunc(refused, func(f Finding) bool { return f.Roles[0] == p.role }) {
			continue
		}
		of, known := layers[p.RoleARN+"\n"+p.Session]
		if !known {
			var err error
			if of, err = layersOf(actual, p); err != nil {
				return nil, err
			}
			layers[p.RoleARN+"\n"+p.Session] = of
		}
		answers, err := ask(ctx, p)
		if no, ok := errors.AsType[*RefusedError](err); ok {
			refused = append(refused, newFinding("drift-not-compared", p.RoleARN, []string{p.role},
				fmt.Sprintf("not compared: what AWS's policy simulator says of %s: %s", p.role, no.Why), no.Fix))
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, said := range answers {
			ours := evaluate.Decide(of, p.request(said))
			if ours.Allowed != said.Allowed {
				found = added(found, p, said)
			}
		}
	}
	findings := refused
	for _, d := range found {
		findings = append(findings, d.finding())
	}
	return findings, nil
}

// layersOf are the policies that meet in a probe: of a role that Probes took, and the session's, which the map compiled.
func layersOf(actual *Actual, p Probe) (l evaluate.Layers, err error) {
	i := slices.IndexFunc(actual.Roles, func(r Role) bool { return r.ARN == p.RoleARN })
	if l, err = policiesOf(&actual.Roles[i]); err != nil || p.Session == "" {
		return l, err
	}
	session, err := evaluate.Parse(p.Session)
	l.Session = []*evaluate.Policy{session}
	return l, err
}

// policiesOf are a role's own. Those that can't be understood are an error here, and a finding of Compare.
func policiesOf(role *Role) (l evaluate.Layers, err error) {
	read := func(into *[]*evaluate.Policy, name, document string) {
		policy, parseErr := evaluate.Parse(document)
		if parseErr != nil && err == nil {
			err = fmt.Errorf("%s can't be understood, so that the simulator's word can't be compared: %w", name, parseErr)
		}
		*into = append(*into, policy)
	}
	l.Identity = []*evaluate.Policy{}
	for _, policy := range slices.Concat(role.Inline, role.Attached) {
		read(&l.Identity, policy.name(), policy.Document)
	}
	if role.Boundary != nil {
		read(&l.Boundary, role.Boundary.name(), role.Boundary.Document)
	}
	return l, err
}

func (p Probe) request(said Simulated) evaluate.Request {
	r := evaluate.Request{Action: said.Action, Resource: said.Resource, Principal: p.RoleARN, Context: make(map[string][]string, len(p.Context))}
	for key, value := range p.Context {
		r.Context[key] = []string{value}
	}
	return r
}

// added puts one more answer to those of the same verb and dataset.
func added(found []disagreement, p Probe, said Simulated) []disagreement {
	organization := !said.Allowed && !said.ByOrganization
	i := slices.IndexFunc(found, func(d disagreement) bool {
		return d.probe.role == p.role && d.probe.dataset == p.dataset && d.probe.verb == p.verb && d.organization == organization &&
			d.said[0].Allowed == said.Allowed
	})
	if i < 0 {
		return append(found, disagreement{p, organization, []Simulated{said}})
	}
	found[i].said = append(found[i].said, said)
	return found
}

func (d disagreement) finding() Finding {
	var asked []string
	access := &Access{Actions: []string{}, Resources: []string{}, Who: []string{}, Where: map[string][]string{}, Certain: true}
	for _, said := range d.said {
		asked = append(asked, said.Action+" on "+said.Resource)
		if !slices.Contains(access.Actions, said.Action) {
			access.Actions = append(access.Actions, said.Action)
		}
		if !slices.Contains(access.Resources, said.Resource) {
			access.Resources = append(access.Resources, said.Resource)
		}
	}
	first := d.said[0]
	access.Example = Example{Action: first.Action, Resource: first.Resource, Principal: d.probe.RoleARN, Context: d.probe.request(first).Context}
	what := fmt.Sprintf("AWS's simulator says %s of %s of %s, and by the policies that were read it is ", first.Decision, d.probe.verb, d.probe.dataset)
	if first.Allowed {
		what += "denied: "
	} else {
		what += "allowed: "
	}
	id, fix := ui.ID("drift-simulator-differs"), ui.Advice("trust AWS; what the simulator says and this program does not know is worth a report to its authors")
	if d.organization {
		id, fix = "drift-organization-less", ui.Advice("ask whoever administers the organisation's service control policies")
		what = fmt.Sprintf("the organisation's policies take away %s of %s, by AWS's simulator: ", d.probe.verb, d.probe.dataset)
	}
	f := newFinding(id, d.probe.RoleARN, []string{d.probe.role}, what+few(asked), fix)
	f.Access = access
	return f
}

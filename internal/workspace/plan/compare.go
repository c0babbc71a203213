package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Standing is what stands of the objects that the map wants.
type Standing struct {
	Objects []Object
	// Findings are about objects that could not be read, or are not what a change could be made of. The object of one is in neither list.
	Findings []Finding
	// Extra are objects besides that the map's own program made, by their names, and no map wants now.
	Extra []Object
}

// Compare makes the plan. prune: what is too much is taken away, as far as it belongs to the map.
func Compare(w *Wanted, s *Standing, prune bool) *Plan {
	p := &Plan{Changes: []Change{}, Findings: slices.Concat(w.Findings, s.Findings), NotLookedAt: append([]string{}, w.NotLookedAt...), apply: w.apply()}
	for i := range w.Objects {
		want := &w.Objects[i]
		if slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Bars(want) }) {
			continue
		}
		want, local := s.grantable(want)
		change, findings := One(want, find(s.Objects, want), prune)
		for i := range findings {
			if findings[i].ID == "workspace-more" {
				findings[i].Fix = w.apply("--prune")
			}
		}
		p.Findings = append(append(p.Findings, local...), findings...)
		if change != nil {
			p.Changes = append(p.Changes, *change)
		}
	}
	for i := range s.Extra {
		extra := &s.Extra[i]
		if prune {
			p.Changes = append(p.Changes, Change{Action: Delete, Kind: extra.Kind, Name: Clean(extra.Name), Roles: []string{}, Lines: []Line{}, Notes: []string{}, Want: extra, Have: extra})
			continue
		}
		p.Findings = append(p.Findings, newFinding("workspace-more", extra, "dbxaccess made it for an access map, and the one in use does not want it", w.apply("--prune")))
	}
	p.sort()
	return p
}

// grantable are grants to those whom Unity Catalog knows: it takes a request with one principal that it does not know for none.
func (s *Standing) grantable(want *Object) (*Object, []Finding) {
	if want.Kind != Grants {
		return want, nil
	}
	var findings []Finding
	left := *want
	left.Sets = maps.Clone(want.Sets)
	for _, principal := range slices.Sorted(maps.Keys(want.Sets)) {
		for _, kind := range []Kind{Group, ServicePrincipal} {
			who := &Object{Kind: kind, Name: principal}
			if slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Bars(who) }) {
				delete(left.Sets, principal)
			}
			if have := find(s.Objects, who); have != nil && have.Kin == LocalGroup {
				delete(left.Sets, principal)
				if len(want.Sets[principal]) > 0 {
					findings = append(findings, newFinding("workspace-group-local", want, "group "+principal+" is local to the workspace, and Unity Catalog knows groups of the account alone",
						ui.Advice("have the identity provider make the group at the account, and name it under workspace_groups of the role in the access map")))
				}
			}
		}
	}
	return &left, findings
}

// apply is the command that mends what it can, of the same workspace and map.
func (w *Wanted) apply(options ...string) ui.Fix {
	return ui.Command(strings.Join(slices.Concat([]string{"dbxaccess workspace apply"}, w.Again, options), " "))
}

func find(list []Object, want *Object) *Object {
	i := slices.IndexFunc(list, func(o Object) bool { return o.Is(want) })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// One compares one object. A change is nil where there is nothing to do.
func One(want, have *Object, prune bool) (*Change, []Finding) {
	c := &Change{Action: Update, Kind: want.Kind, Name: Clean(want.Name), Roles: append([]string{}, want.Roles...), Lines: []Line{}, Notes: []string{}, Want: want, Have: have}
	if have == nil || have.Absent {
		c.Action, have = Create, &Object{}
	}
	findings := c.fields(want, have)
	for _, set := range slices.Sorted(maps.Keys(want.Sets)) {
		stands := have.Sets[set]
		for _, value := range want.Sets[set] {
			if !slices.ContainsFunc(stands, same(value)) {
				c.Lines = append(c.Lines, Line{Create, ui.Clean(set), "", ui.Clean(value)})
			}
		}
		for _, value := range stands {
			if slices.ContainsFunc(want.Sets[set], same(value)) || !slices.ContainsFunc(want.Owned[set], owns(value)) {
				continue
			}
			if !prune && want.Kind != Federation {
				findings = append(findings, newFinding("workspace-more", want, beyond(want, set, value), nil)) // Compare knows the command
				continue
			}
			c.Lines = append(c.Lines, Line{Delete, ui.Clean(set), ui.Clean(value), ""})
		}
	}
	if c.Action == Update && len(c.Lines) == 0 {
		return nil, findings
	}
	c.notes()
	return c, findings
}

func same(value string) func(string) bool { return func(other string) bool { return value == other } }

func owns(value string) func(string) bool {
	return func(owned string) bool { return owned == Any || owned == value }
}

// beyond says what is too much.
func beyond(want *Object, set, value string) string {
	if want.Kind == Grants {
		return "the map does not give " + value + " to " + set
	}
	return "the map does not give it the " + set + " " + value
}

// fields compares values of which there is one.
func (c *Change) fields(want, have *Object) (findings []Finding) {
	for _, field := range slices.Sorted(maps.Keys(want.Fields)) {
		value, stands := want.Fields[field], have.Fields[field]
		switch {
		case value == stands:
		case field == FieldExternalID:
			if c.Action == Update && value != "" {
				findings = append(findings, newFinding("workspace-external-id", want, "the access map has the external id "+value+", and Databricks made "+stands,
					ui.Advice("write external_id: "+Clean(stands)+" into the access map")))
			} else if c.Action == Update {
				findings = append(findings, newFinding("workspace-external-id", want, "the access map does not have the external id, which is "+stands+", so that the role's trust policy can't name it",
					ui.Advice("write external_id: "+Clean(stands)+" into the access map, and what dbxaccess map trust prints into the role's trust policy")))
			}
		case field == FieldPurpose && c.Action == Update:
			findings = append(findings, newFinding("workspace-differs", want, "it is one for "+strings.ToLower(stands)+", and the access map wants one for "+strings.ToLower(value),
				ui.Advice("give it another name in the access map, or delete the one that stands")))
		case stands == "":
			if value != "" {
				c.Lines = append(c.Lines, Line{Create, field, "", ui.Clean(value)})
			}
		case value == "":
			c.Lines = append(c.Lines, Line{Delete, field, ui.Clean(stands), ""})
		default:
			c.Lines = append(c.Lines, Line{Update, field, ui.Clean(stands), ui.Clean(value)})
		}
	}
	return findings
}

// notes says what else a change does.
func (c *Change) notes() {
	switch {
	case c.Kind == Warehouses:
		c.Notes = append(c.Notes, "restarts the running SQL warehouses")
	case c.Kind == Credential && c.Action == Create:
		c.Notes = append(c.Notes, "Databricks makes the external id, which goes into the access map, and from there into the role's trust policy: `workspace apply` says it")
	case c.Kind == Federation && c.Want.Of != "":
		c.Notes = append(c.Notes, "of the service principal "+c.Want.Of)
	case (c.Kind == Group || c.Kind == ServicePrincipal) && c.Have != nil && c.Have.Kin != "":
		c.Notes = append(c.Notes, c.Have.Kin)
	}
}

package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// wanted is what the map says of a workspace.
type wanted struct {
	profiles map[string]*profile // by ARN
	groups   []string            // names that give a role which works in this workspace, each once; no patterns
	giving   map[string][]string // by such a name, the roles
}

// profile is an instance profile of the map, with what all its roles come to.
type profile struct {
	arn   string
	roles []string
	tags  []map[string]string // one a role: compute has to carry those of one
	here  bool                // one of the roles works in this workspace, or in none in particular
	// data is the most sensitive that is reached by it, in words; open is whether it is no matter who does.
	data      string
	sensitive bool // confidential or restricted, or nothing narrows the role
	public    bool
	takes     []func(group string) bool // rules on groups that give one of the roles
	names     []string                  // of those that are plain names
	// otherwise is set where a rule gives the role by something else than a group: who that is in the workspace is not known.
	otherwise bool
}

// wantedOf reads the map.
func wantedOf(m *accessmap.Map, here *accessmap.Workspace, now time.Time) *wanted {
	w := &wanted{profiles: map[string]*profile{}, giving: map[string][]string{}}
	of := map[string]*profile{} // by role
	works := map[string]bool{}
	for name, role := range m.Roles {
		effective, err := m.Effective(name)
		if err != nil {
			continue // it is in the map
		}
		at := slices.ContainsFunc(effective.Workplaces, func(p accessmap.Workplace) bool {
			return p.Host == here.Host && p.WorkspaceID == here.WorkspaceID
		})
		works[name] = at
		if role.InstanceProfile == "" {
			continue
		}
		p := w.profiles[role.InstanceProfile]
		if p == nil {
			p = &profile{arn: role.InstanceProfile, public: true}
			w.profiles[role.InstanceProfile] = p
		}
		of[name] = p
		p.roles, p.tags = append(p.roles, name), append(p.tags, effective.Tags)
		p.here = p.here || at || len(effective.Workplaces) == 0
		p.reach(m, name)
	}
	for _, p := range w.profiles {
		slices.Sort(p.roles)
	}
	for _, rule := range m.Rules() {
		taker := rule.GroupTaker()
		for _, given := range rule.Gives {
			if given.Ended(now) {
				continue
			}
			if p := of[given.Role]; p != nil {
				p.given(&rule, taker)
			}
			if works[given.Role] && rule.Group != "" && !rule.IsPattern() && !slices.Contains(w.giving[rule.Group], given.Role) {
				w.giving[rule.Group] = append(w.giving[rule.Group], given.Role)
			}
		}
	}
	for group, roles := range w.giving {
		slices.Sort(roles)
		w.groups = append(w.groups, group)
	}
	slices.Sort(w.groups)
	return w
}

// reach adds the data of a role.
func (p *profile) reach(m *accessmap.Map, role string) {
	if m.Unbounded(role) {
		p.data, p.sensitive, p.public = "all that its IAM role may do, as nothing in the map narrows "+role, true, false
		return
	}
	s, err := m.Sensitive(role, nil)
	if err != nil {
		p.public = false
		return
	}
	p.public = p.public && s.Sensitivity == accessmap.Public
	sensitive := accessmap.Rank(s.Sensitivity) >= accessmap.Rank(accessmap.Confidential)
	if s.Dataset != "" && (p.data == "" || sensitive && !p.sensitive) {
		p.data = s.Words()
	}
	p.sensitive = p.sensitive || sensitive
}

func (p *profile) given(rule *accessmap.Rule, taker func(string) bool) {
	switch {
	case rule.Workload: // a job's token has no groups of a workspace
	case rule.Group == "":
		p.otherwise = true
	case rule.IsPattern():
		p.takes = append(p.takes, taker)
	default:
		p.names = append(p.names, rule.Group)
	}
}

// gives reports whether the map gives a role of the profile to a group of the workspace. Databricks compares names of groups without
// case. Where other claims give it too, nobody knows: then it does.
func (p *profile) gives(group string) bool {
	return p.otherwise || slices.ContainsFunc(p.names, func(name string) bool { return strings.EqualFold(name, group) }) ||
		slices.ContainsFunc(p.takes, func(takes func(string) bool) bool { return takes(group) })
}

// lacks are the tags that compute with these is short of, for the role that it is closest to; nil where it has all of one.
func (p *profile) lacks(tags map[string]string) (missing []string) {
	for i, wanted := range p.tags {
		var lacks []string
		for key, value := range wanted {
			if have, ok := valueOf(tags, key); !ok {
				lacks = append(lacks, fmt.Sprintf("%s=%s", key, value))
			} else if have != value {
				lacks = append(lacks, fmt.Sprintf("%s=%s, not %s", key, value, have))
			}
		}
		if len(lacks) == 0 {
			return nil
		}
		if slices.Sort(lacks); i == 0 || len(lacks) < len(missing) {
			missing = lacks
		}
	}
	return missing
}

// valueOf finds a tag by its key, whose case differs between what AWS and Databricks show.
func valueOf(tags map[string]string, key string) (string, bool) {
	if value, ok := tags[key]; ok {
		return value, true
	}
	for have, value := range tags {
		if strings.EqualFold(have, key) {
			return value, true
		}
	}
	return "", false
}

// words name the roles in a sentence.
func (p *profile) words() string {
	if len(p.roles) == 1 {
		return "the role " + p.roles[0]
	}
	return "the roles " + ui.And(p.roles)
}

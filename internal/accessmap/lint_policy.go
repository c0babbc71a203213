package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lintHandling tells what of the map's policy is enforced and what is comfort, as notes; and what escapes it, as warnings.
func (m *Map) lintHandling(w *warnings) (notes []Problem) {
	if len(m.Handling) == 0 {
		return nil
	}
	var holds report
	for name, d := range m.Datasets {
		if d.Sensitivity == "" {
			w.warn(sensitivityMissing, concern{partDataset, name}, d.at, "dataset %s has no sensitivity, so the policy asks nothing of who uses it", name)
		}
	}
	for name, role := range m.Roles {
		switch {
		case role.AWS == nil:
		case !role.hasDatasets:
			w.warn(policyEscaped, concern{partRole, name}, role.at, "role %s has no datasets, so the policy asks nothing of who takes it, whatever data it reaches", name)
		case len(role.AWS.ManagedPolicies) > 0 || role.hasStatements && reachS3(m.effective(role).Statements):
			w.warn(policyEscaped, concern{partRole, name}, role.at,
				"role %s has statements on S3 or managed policies, and the policy asks nothing for data that these reach beyond its datasets", name)
		}
	}
	for rank, name := range sensitivities() {
		h, ok := m.Handling[name]
		if !ok {
			continue
		}
		tell := func(format string, args ...any) {
			holds.add(h.at, "policy for %s data: %s", name, fmt.Sprintf(format, args...))
		}
		if h.MaxDuration > 0 {
			m.lintDuration(rank, h, tell)
		}
		if h.Env == Deny {
			tell("env: deny holds for env and exec --static. It is comfort where a program that is served credentials prints them itself")
		}
		if h.Agents == Deny {
			tell("agents: deny is comfort: agents are told by the variables that they set, and one that runs as the person can do what the person can")
		}
		if h.WildcardGroups == Deny {
			tell("wildcard_groups: deny is enforced: a map with such a rule can't be used")
		}
		m.lintStepUp(w, rank, h, tell)
	}
	return holds.sorted()
}

// reachS3 reports whether statements allow something where datasets are.
func reachS3(statements []Statement) bool {
	return slices.ContainsFunc(statements, func(s Statement) bool {
		return slices.ContainsFunc(s.Actions, func(action string) bool { return strings.HasPrefix(action, "s3") })
	})
}

// lintDuration tells for whom a max_duration is enforced: AWS can be asked for less where a role is assumed, and nowhere else.
func (m *Map) lintDuration(rank int, h Handling, tell func(format string, args ...any)) {
	var asked, tokens []string
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		role := m.Roles[name]
		if role.mostSensitive == nil || sensitivity(role.mostSensitive) < rank {
			continue
		}
		if role.AWS != nil {
			asked = append(asked, name)
		}
		if len(role.effectiveWorkspaces) > 0 {
			tokens = append(tokens, name)
		}
	}
	longest := "max_duration: " + Span(h.MaxDuration)
	if len(asked) > 0 {
		tell("%s is enforced for %s: AWS is asked for no longer", longest, firstOf(asked))
	}
	if len(tokens) > 0 {
		tell("%s is comfort for the workspace tokens of %s: they live as long as the sign-in's token. dbxaccess hands them out no longer", longest, firstOf(tokens))
	}
	if len(asked)+len(tokens) == 0 {
		tell("%s is of no effect: no role that can be taken has such data", longest)
	}
}

// firstOf names the first few of many.
func firstOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

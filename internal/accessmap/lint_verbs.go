package accessmap

import (
	"slices"
	"strings"
)

// gap is a verb that a role writes in the map and that does not do without another one.
type gap struct {
	id      LintID // which is missing
	role    string // that has the write in its own list
	dataset string
}

// findGaps notes where a role that can be taken writes what it can't read or delete, by the roles that say so: one warning
// at the role to be changed, and not one at each heir.
func (l *linter) findGaps(role *Role, e *Effective) {
	var line []*Role
	note := func(id LintID, has []string) {
		for _, dataset := range beyond(e.Write, has) {
			if line == nil {
				line = l.lineage(role)
			}
			for _, says := range line {
				if slices.Contains(says.Write, dataset) {
					g := gap{id, says.Name, dataset}
					l.gaps[g] = append(l.gaps[g], role.Name)
				}
			}
		}
	}
	note(writeWithoutRead, e.Read)
	note(writeNoDelete, e.Delete)
}

// lintGaps tells of the gaps, those of one role together where they are the same roles'.
func (l *linter) lintGaps() {
	type told struct {
		id          LintID
		role, takes string
	}
	datasets := make(map[told][]string)
	for g, takers := range l.gaps {
		slices.Sort(takers)
		whose := ""
		if !slices.Equal(takers, []string{g.role}) {
			whose = firstOf(takers)
		}
		t := told{g.id, g.role, whose}
		datasets[t] = append(datasets[t], g.dataset)
	}
	for t, names := range datasets {
		slices.Sort(names)
		who := "role " + t.role + " may write "
		if t.takes != "" {
			who = "role " + t.role + " lets " + t.takes + " write "
		}
		noun := "dataset "
		if len(names) > 1 {
			noun = "datasets "
		}
		lacks := "not read it: Spark, s3a and rclone look before they write"
		if len(names) > 1 {
			lacks = strings.Replace(lacks, "it", "them", 1)
		}
		if t.id == writeNoDelete {
			lacks = "not delete there: Spark and s3a do to finish a write, and aws s3 mv and sync --delete"
		}
		l.ofRole(t.id, l.Roles[t.role], "%s%s%s and %s", who, noun, firstOf(names), lacks)
	}
}

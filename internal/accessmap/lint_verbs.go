package accessmap

import "slices"

// gaps are where roles that can be taken write without another verb that this does not do without: of the roles that say so, who
// takes it with each dataset of their own list.
type gaps map[*Role][][]string

// findGaps notes where a role that can be taken writes what it can't read or delete, by the roles that say so: one warning
// at the role to be changed, and not one at each heir.
func (l *linter) findGaps(role *Role, e *Effective) {
	note := func(gaps gaps, has []string) {
		if len(e.Write) == 0 || slices.Equal(e.Write, has) {
			return
		}
		for _, says := range l.lineage(role) {
			for n, dataset := range says.Write {
				if _, there := slices.BinarySearch(has, dataset); there {
					continue
				}
				if gaps[says] == nil {
					gaps[says] = make([][]string, len(says.Write))
				}
				gaps[says][n] = append(gaps[says][n], role.Name)
			}
		}
	}
	note(l.noRead, e.Read)
	note(l.noDelete, e.Delete)
}

// lintGaps tells of the gaps, those of one role together where they are the same roles'.
func (l *linter) lintGaps() {
	for id, gaps := range map[LintID]gaps{writeWithoutRead: l.noRead, writeNoDelete: l.noDelete} {
		for says, takersOf := range gaps {
			datasets := make(map[string][]string) // by who takes them
			for n, takers := range takersOf {
				if len(takers) == 0 {
					continue
				}
				slices.Sort(takers)
				whose := ""
				if len(takers) > 1 || takers[0] != says.Name {
					whose = firstOf(takers)
				}
				datasets[whose] = append(datasets[whose], says.Write[n])
			}
			for whose, names := range datasets {
				l.lintGap(id, says, whose, names)
			}
		}
	}
}

func (l *linter) lintGap(id LintID, says *Role, whose string, names []string) {
	slices.Sort(names)
	who := "role " + says.Name + " may write "
	if whose != "" {
		who = "role " + says.Name + " lets " + whose + " write "
	}
	noun, lacks := "dataset ", "not read it: Spark, s3a and rclone look before they write"
	if len(names) > 1 {
		noun, lacks = "datasets ", "not read them: Spark, s3a and rclone look before they write"
	}
	if id == writeNoDelete {
		lacks = "not delete there: Spark and s3a do to finish a write, and aws s3 mv and sync --delete"
	}
	l.ofRole(id, says, "%s%s%s and %s", who, noun, firstOf(names), lacks)
}

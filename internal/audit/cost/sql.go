package cost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
)

// Engine is what SQL is for.
type Engine = sqltext.Engine

// The engines.
const (
	Databricks = sqltext.Databricks
	Athena     = sqltext.Athena
)

// ErrTooLong is that of a query which no engine would take.
var ErrTooLong = errors.New("the query is too long")

// ErrNothing is that of a record which tells of no credential in that time.
var ErrNothing = errors.New("there is no credential to ask about")

// Bill is what a query about a cloud's bill is made of.
type Bill struct {
	Engine       Engine
	Since, Until time.Time
	Tag          string // key of the tag that a person puts on a cluster, a job or a resource, with the run's name
	Table        string // Athena's, as in billing.cur2
}

// Counts reports whether an entry is of the cloud whose bill it is, and may have cost something: what was refused has not.
func (b Bill) Counts(e *audit.Entry) bool {
	return e.Refused == nil && (e.Host != "") == (b.Engine == Databricks)
}

// By is what has to be counted for the query.
func (b Bill) By() []Dimension {
	shared := []Dimension{dimensions[0], dimensions[2], dimensions[4]} // role, run, cost center
	if b.Engine == Databricks {
		principal := func(e *audit.Entry, person string) string { return strings.ToLower(cmp.Or(e.ServicePrincipal, person)) }
		return append([]Dimension{{"principal", principal}}, shared...)
	}
	return append([]Dimension{{"aws_role", awsRole}, {"session", awsSession}, dimensions[1]}, shared...)
}

// awsRole is the name of the role as it stands in the ARN of a session. That of a permission set ends in a random part, which the
// query takes off.
func awsRole(e *audit.Entry, _ string) string {
	if e.RoleARN == "" && e.PermissionSet != "" {
		return "AWSReservedSSO_" + e.PermissionSet[strings.LastIndexByte(e.PermissionSet, '/')+1:]
	}
	return e.RoleARN[strings.LastIndexByte(e.RoleARN, '/')+1:]
}

// awsSession is the session's name there. Identity Center names it after the person alone.
func awsSession(e *audit.Entry, person string) string {
	if e.RoleARN == "" {
		return person
	}
	return e.SessionName
}

// Query writes the SQL: the record's people, roles and runs with the hours in which they had credentials, and what the bill has for
// them. Each line of the bill is counted once, also where the record knows nothing of it.
func (b Bill) Query(lines []Line) (string, error) {
	if len(lines) == 0 {
		return "", ErrNothing
	}
	query := b.databricks
	if b.Engine == Athena {
		query = b.athena
	}
	text := query(lines)
	if len(text) > sqltext.MaxQuery {
		return "", ErrTooLong
	}
	return text, nil
}

// row is one of the record's in a query. Its key is there once, so that joining doubles nothing.
type row struct {
	key   []string
	lists [][]string // what else is known, each without repetition
	hours float64
}

// rows joins lines that agree in the columns of the key.
func rows(lines []Line, key, lists []int) []row {
	var all []row
	at := map[string]int{}
	for _, line := range lines {
		r := row{lists: make([][]string, len(lists))}
		for _, column := range key {
			r.key = append(r.key, line.Values[column])
		}
		id := strings.Join(r.key, "\x00")
		i, known := at[id]
		if !known {
			i = len(all)
			at[id], all = i, append(all, r)
		}
		all[i].hours += line.Hours
		for n, column := range lists {
			if v := line.Values[column]; v != "" && !slices.Contains(all[i].lists[n], v) {
				all[i].lists[n] = append(all[i].lists[n], v)
			}
		}
	}
	slices.SortFunc(all, func(a, b row) int { return slices.Compare(a.key, b.key) })
	return all
}

// values writes rows as VALUES.
func (b Bill) values(all []row) string {
	var s strings.Builder
	for i, r := range all {
		if i > 0 {
			s.WriteString(",\n")
		}
		s.WriteString("    (")
		for _, v := range r.key {
			s.WriteString(b.Engine.Text(v) + ", ")
		}
		for _, list := range r.lists {
			s.WriteString(b.Engine.Text(strings.Join(slices.Sorted(slices.Values(list)), ", ")) + ", ")
		}
		fmt.Fprintf(&s, "%.2f)", r.hours)
	}
	return s.String()
}

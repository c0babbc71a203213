// Package tracesql writes the join of package trace as SQL, for logs that are too large to be fetched.
//
// In come a time, names and places of tables, and where the datasets of the access map lie; out come statements that create the
// tables and a query, for Athena over CloudTrail, and for Databricks over system.access.audit. The query must say of each access
// what the local join says of it: the rules that are lists are taken from there, and both are held to one another in e2e. No text
// may become SQL.
package tracesql

import (
	_ "embed"
	"errors"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
)

//go:embed athena.sql
var athenaQuery string

//go:embed athena.ddl
var athenaTables string

//go:embed databricks.sql
var databricksQuery string

//go:embed databricks.ddl
var databricksTables string

// around is how long before and after the time that is asked about the record is read: no credential lives longer, and what is told
// of one is told within its life. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html has 36 hours.
const around = 48 * time.Hour

// CloudTrail files what it gets late under the day on which it writes it.
const (
	late   = 24 * time.Hour
	logDay = "2006/01/02"
)

// ErrTooLong is that of a query which no engine would take, as the map has too many datasets.
var ErrTooLong = errors.New("the query is too long")

// Join is what is to be written.
type Join struct {
	Engine       sqltext.Engine
	Since, Until time.Time
	Record       string // the record's table
	RecordAt     string // where `audit ship` writes the record by day, as in s3://acme-audit/dbxaccess/; only for Tables
	Log          string // CloudTrail's table, or system.access.audit
	LogAt        string // where CloudTrail writes what it logs in a region, as in s3://…/CloudTrail/us-east-1/; only for Tables at Athena
	Datasets     *trace.Datasets
}

// Query writes the query. Its columns are those of trace.Access, as far as the engine's log has them.
func (j Join) Query() (string, error) {
	text := athenaQuery
	if j.Engine == sqltext.Databricks {
		text = databricksQuery
	}
	query, err := j.write(text)
	if err == nil && len(query) > sqltext.MaxQuery {
		return "", ErrTooLong
	}
	return query, err
}

// Tables writes the statements that create the tables, each ended by a semicolon: Athena takes one at a time.
func (j Join) Tables() (string, error) {
	text := athenaTables
	if j.Engine == sqltext.Databricks {
		text = databricksTables
	}
	return j.write(text)
}

// column is a member of a record under the name that the query has for it.
type column struct{ Member, Column string }

// way is one of those by which an access is joined, under the number that the query has for it.
type way struct {
	Number int
	By     trace.By
}

// told is a column that is told of a holder, where all credentials that it may have been agree, and in SQL by which ways; "" is by all.
type told struct{ Column, Ways string }

// What the ways tell: only a key leads to a credential, and a name in a role to a session of that role.
const (
	byKeys  = " AND way <= 2"
	byRoles = " AND way IN (1, 2, 5)"
)

// ways are numbered for the query, in the order in which they count.
var ways = []way{{1, trace.ByKey}, {2, trace.ByParent}, {3, trace.ByOrigin}, {4, trace.BySource}, {5, trace.BySession}}

// values are those of the templates.
type values struct {
	Join
	trace.Rules
	Fields, Times []column
	First         []string // what the first record of a credential says of it
	Kept          []string // what belongs to an access, whosever it is
	Common        []told
	Ways          []way
	Locations     []trace.Location
	Issuing       []string
	Skew          int64  // in seconds
	PermissionSet string // a role that Identity Center made: account and set

	Since, Until               string
	SinceSeconds, UntilSeconds int64
	RecordFrom, RecordUntil    string
	LogFrom, LogUntil          string

	ByUser, ByPrincipal                                                            trace.By
	NoIdentity, NotIssued, NameOnly, OutsideLife, Ambiguous, Contradictory, NoTime trace.Reason
}

func (j Join) write(text string) (string, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"text": j.Engine.Text, "name": j.Engine.Name, "ddl": j.Engine.DDLName, "alias": alias, "number": numberOf,
		"texts": func(list []string) string {
			all := make([]string, len(list))
			for i, v := range list {
				all[i] = j.Engine.Text(v)
			}
			return strings.Join(all, ", ")
		},
	}).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, j.values())
	return b.String(), err
}

// alias is the name of a column in the answer, as trace.Access has it.
func alias(column string) string {
	if column == "subject" {
		return "person"
	}
	return column
}

// numberOf is the number of a way.
func numberOf(by trace.By) int {
	return ways[slices.IndexFunc(ways, func(w way) bool { return w.By == by })].Number
}

func (j Join) values() values {
	rules := trace.JoinRules()
	v := values{
		Join: j, Rules: rules, Locations: j.Datasets.Locations(), Skew: int64(rules.Skew / time.Second),
		PermissionSet: "^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$",
		Fields: []column{
			{"identity", "identity"}, {"issuer", "issuer"}, {"subject", "subject"}, {"person_name", "own_name"}, {"role", "role"}, {"group", "rule"},
			{"session_name", "session"}, {"access_key_id", "key_id"}, {"parent_access_key_id", "parent"},
			{"source_identity", "source"}, {"role_arn", "role_arn"}, {"permission_set", "permission_set"},
			{"run", "run"}, {"hostname", "host"}, {"agent", "agent"}, {"reason", "reason"},
			{"host", "workspace"}, {"workspace_id", "workspace_id"}, {"service_principal", "service_principal"}, {"chain.uid", "chain"},
		},
		Times: []column{{"time", "told_at"}, {"since", "since_at"}, {"expires", "expires_at"}},
		First: []string{"identity", "issuer", "subject", "person_name", "role", "rule", "session", "own_key", "own_parent", "origin", "source", "session_role"},
		Common: []told{
			{"subject", ""}, {"person_name", ""}, {"identity", ""}, {"issuer", ""}, {"role", byRoles}, {"rule", byRoles},
			{"run", byKeys}, {"host", byKeys}, {"agent", byKeys}, {"reason", byKeys}, {"session_name", byRoles},
		},
		Ways:  ways,
		Since: j.Since.UTC().Format(time.DateTime), Until: j.Until.UTC().Format(time.DateTime),
		SinceSeconds: j.Since.Unix(), UntilSeconds: j.Until.Unix(),
		ByUser: trace.ByUser, ByPrincipal: trace.ByPrincipal, NoIdentity: trace.NoIdentity, NotIssued: trace.NotIssued, NameOnly: trace.NameOnly, OutsideLife: trace.OutsideLife,
		Ambiguous: trace.Ambiguous, Contradictory: trace.Contradictory, NoTime: trace.NoTime,
	}
	for _, activity := range rules.Issuing {
		v.Issuing = append(v.Issuing, string(activity))
	}
	from, until := j.Since.Add(-around), j.Until.Add(around)
	if j.Engine == sqltext.Databricks {
		v.RecordFrom, v.RecordUntil = sqltext.Day(from), sqltext.Day(until)
		v.LogFrom, v.LogUntil = sqltext.Day(j.Since), sqltext.Day(j.Until)
		v.Kept = []string{"event_id", "time", "moment", "action", "address", "status", "object", "location", "verb", "dataset"}
		return v
	}
	v.RecordFrom, v.RecordUntil = day(from), day(until)
	v.LogFrom, v.LogUntil = j.Since.UTC().Format(logDay), j.Until.Add(late).UTC().Format(logDay)
	v.Kept = []string{"counted", "shared", "event_id", "event_time", "moment", "action", "refused", "region", "address", "key_id", "verb", "dataset", "bucket", "key", "bytes"}
	return v
}

// Days are the places in S3 that the query reads at Athena: of the log, and of the record.
func (j Join) Days() (log, record []string) {
	for at := j.Since.UTC().Truncate(24 * time.Hour); !at.After(j.Until.Add(late)); at = at.AddDate(0, 0, 1) {
		log = append(log, j.LogAt+at.Format(logDay)+"/")
	}
	for at := j.Since.Add(-around).UTC().Truncate(24 * time.Hour); !at.After(j.Until.Add(around)); at = at.AddDate(0, 0, 1) {
		record = append(record, j.RecordAt+"day="+day(at)+"/")
	}
	return log, record
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

package auditcmd

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// printerOf is the one of a format; last bounds a table.
func printerOf(env *cli.Env, format string, last int) printer {
	out := env.Streams.Out
	switch format {
	case formatJSON:
		return &jsonPrinter{to: bufio.NewWriter(out)}
	case formatCSV:
		return &csvPrinter{to: bufio.NewWriter(out)}
	case formatOCSF:
		return &ocsfPrinter{bufio.NewWriter(out)}
	}
	return &tablePrinter{env, lastEntries{most: last}}
}

// shownRecord is a record as JSON: the names of unmapped.dbxaccess in the record's lines, and what they amount to.
type shownRecord struct {
	ID      string `json:"id"` // chain and place in it: metadata.uid of the event
	Person  string `json:"person,omitzero"`
	Outcome string `json:"outcome"`
	audit.Record
	Refused *shownRefusal `json:"refused,omitzero"`
}

type shownRefusal struct {
	ID   ui.ID  `json:"id,omitzero"`
	Text string `json:"text"`
}

func shownOf(e *audit.Entry, people *query.People) shownRecord {
	s := shownRecord{ID: idOf(e), Person: people.Name(e), Outcome: string(query.OutcomeOf(e)), Record: e.Record}
	if e.Refused != nil {
		s.Refused = &shownRefusal{ui.IDOf(e.Refused), e.Refused.Error()}
	}
	return s
}

func idOf(e *audit.Entry) string { return e.Chain + "-" + strconv.FormatUint(e.Sequence, 10) }

// jsonPrinter writes an object with the list records, of which none is kept.
type jsonPrinter struct {
	to    *bufio.Writer
	begun bool
}

func (*jsonPrinter) namesAtOnce() bool { return true }

func (p *jsonPrinter) print(e *audit.Entry, people *query.People) error {
	before := ",\n    "
	if !p.begun {
		before, p.begun = "{\n  \"records\": [\n    ", true
	}
	one, err := json.MarshalIndent(shownOf(e, people), "    ", "  ")
	if err == nil {
		_, err = p.to.WriteString(before + string(one))
	}
	return err
}

func (p *jsonPrinter) end(*query.People) error {
	text := "\n  ]\n}\n"
	if !p.begun {
		text = "{\n  \"records\": []\n}\n"
	}
	if _, err := p.to.WriteString(text); err != nil {
		return err
	}
	return p.to.Flush()
}

// linesPrinter writes the same objects, one a line.
type linesPrinter struct{ to *bufio.Writer }

func (*linesPrinter) namesAtOnce() bool { return true }
func (p *linesPrinter) print(e *audit.Entry, people *query.People) error {
	return json.NewEncoder(p.to).Encode(shownOf(e, people))
}
func (p *linesPrinter) end(*query.People) error { return p.to.Flush() }

// ocsfPrinter writes the lines of the record as they are.
type ocsfPrinter struct{ to *bufio.Writer }

func (*ocsfPrinter) namesAtOnce() bool { return false }
func (p *ocsfPrinter) print(e *audit.Entry, _ *query.People) error {
	_, err := p.to.Write(append(slices.Clip(e.Line), '\n'))
	return err
}
func (p *ocsfPrinter) end(*query.People) error { return p.to.Flush() }

// csvPrinter writes one record a row.
type csvPrinter struct {
	to  *bufio.Writer
	csv *cli.CSV
}

// columns are those of CSV, with what they are.
var columns = []struct {
	name string
	of   func(e *audit.Entry) string
}{
	{"activity", func(e *audit.Entry) string { return string(e.Activity) }},
	{"outcome", func(e *audit.Entry) string { return string(query.OutcomeOf(e)) }},
	{"role", func(e *audit.Entry) string { return e.Role }},
	{"group", func(e *audit.Entry) string { return e.Group }},
	{"scope", func(e *audit.Entry) string { return strings.Join(e.Scope, " ") }},
	{"run", func(e *audit.Entry) string { return e.Run }},
	{"agent", func(e *audit.Entry) string { return e.Agent }},
	{"tool", func(e *audit.Entry) string { return e.Tool }},
	{"asked", func(e *audit.Entry) string { return e.Asked }},
	{"agent_overruled", func(e *audit.Entry) string { return e.Overruled }},
	{"reason", func(e *audit.Entry) string { return e.Reason }},
	{"times", func(e *audit.Entry) string { return number(e.Count) }},
	{"since", func(e *audit.Entry) string { return at(e.Since) }},
	{"tally", func(e *audit.Entry) string { return e.Tally }},
	{"first", func(e *audit.Entry) string { return number(e.First) }},
	{"expires", func(e *audit.Entry) string { return at(e.Expires) }},
	{"access_key_id", func(e *audit.Entry) string { return e.AccessKeyID }},
	{"parent_access_key_id", func(e *audit.Entry) string { return e.ParentAccessKeyID }},
	{"role_arn", func(e *audit.Entry) string { return e.RoleARN }},
	{"permission_set", func(e *audit.Entry) string { return e.PermissionSet }},
	{"session_name", func(e *audit.Entry) string { return e.SessionName }},
	{"source_identity", func(e *audit.Entry) string { return e.SourceIdentity }},
	{"workspace_host", func(e *audit.Entry) string { return e.Host }},
	{"account_id", func(e *audit.Entry) string { return e.AccountID }},
	{"workspace_id", func(e *audit.Entry) string { return e.WorkspaceID }},
	{"service_principal", func(e *audit.Entry) string { return e.ServicePrincipal }},
	{"vended", func(e *audit.Entry) string { return e.Vended }},
	{"tags", func(e *audit.Entry) string { return listed(e.Tags) }},
	{"grants", func(e *audit.Entry) string { return granted(e.Grants) }},
	{"identity", func(e *audit.Entry) string { return e.Identity }},
	{"issuer", func(e *audit.Entry) string { return e.Issuer }},
	{"client_id", func(e *audit.Entry) string { return e.ClientID }},
	{"subject", func(e *audit.Entry) string { return e.Subject }},
	{"key", func(e *audit.Entry) string { return e.Key }},
	{"person_name", func(e *audit.Entry) string { return e.Name }},
	{"email", func(e *audit.Entry) string { return e.Email }},
	{"workload", func(e *audit.Entry) string { return strconv.FormatBool(e.Workload) }},
	{"hostname", func(e *audit.Entry) string { return e.Hostname }},
	{"os", func(e *audit.Entry) string { return e.OS }},
	{"os_user", func(e *audit.Entry) string { return e.OSUser }},
	{"os_user_id", func(e *audit.Entry) string { return e.OSUserID }},
	{"pid", func(e *audit.Entry) string { return number(e.PID) }},
	{"process", func(e *audit.Entry) string { return e.Process }},
	{"parents", func(e *audit.Entry) string { return strings.Join(e.Parents, " ") }},
	{"request_id", func(e *audit.Entry) string { return e.RequestID }},
	{"map_digest", func(e *audit.Entry) string { return e.MapDigest }},
	{"policy_digest", func(e *audit.Entry) string { return e.PolicyDigest }},
	{"managed_policies", func(e *audit.Entry) string { return e.ManagedPolicies }},
	{"scoped_policies", func(e *audit.Entry) string { return number(e.ScopedPolicies) }},
	{"session_token_utilization", func(e *audit.Entry) string { return number(e.SessionTokenUtilization) }},
	{"refusal_id", func(e *audit.Entry) string { return string(ui.IDOf(e.Refused)) }},
	{"refusal_exit_code", func(e *audit.Entry) string {
		if e.Refused == nil {
			return ""
		}
		return strconv.Itoa(int(ui.CodeOf(e.Refused)))
	}},
	{"refusal", func(e *audit.Entry) string {
		if e.Refused == nil {
			return ""
		}
		return e.Refused.Error()
	}},
}

func (*csvPrinter) namesAtOnce() bool { return true }

func (p *csvPrinter) begin() error {
	if p.csv != nil {
		return nil
	}
	header := []string{"time", "id", "person"}
	for _, c := range columns {
		header = append(header, c.name)
	}
	c, err := cli.NewCSV(p.to, header)
	p.csv = &c
	return err
}

func (p *csvPrinter) print(e *audit.Entry, people *query.People) error {
	if err := p.begin(); err != nil {
		return err
	}
	row := []string{at(e.Time), idOf(e), people.Name(e)}
	for _, c := range columns {
		row = append(row, c.of(e))
	}
	return p.csv.Row(row)
}

func (p *csvPrinter) end(*query.People) error {
	if err := p.begin(); err != nil {
		return err
	}
	if err := p.csv.End(); err != nil {
		return err
	}
	return p.to.Flush()
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func listed(tags map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, key+"="+tags[key])
	}
	return strings.Join(all, " ")
}

func granted(grants []audit.Grant) string {
	var all []string
	for _, g := range grants {
		all = append(all, fmt.Sprintf("%s by %s", g.Role, ui.OrDash(g.Group)))
	}
	return strings.Join(all, "; ")
}

package tracesql

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

// macros are the functions of the engines that DuckDB has by another name, or otherwise.
var macros = []string{
	`json_extract_scalar(j, p) AS json_extract_string(j, regexp_replace(p, '\["([^"]*)"\]', '."\1"'))`,
	`get_json_object(j, p) AS json_extract_string(j, p)`,
	`from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ)`,
	`to_unixtime(x) AS epoch(x)`,
	`unix_timestamp(x) AS CAST(floor(epoch(x)) AS BIGINT)`,
	`regexp_like(s, p) AS regexp_matches(s, p)`,
	`element_at(l, i) AS list_extract(l, i)`,
	`try_element_at(m, k) AS map_extract_value(m, k)`,
	`startswith(s, p) AS starts_with(s, p)`,
}

// open returns an empty database that reads times as UTC.
func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	run(t, db, "SET TimeZone = 'UTC'")
	for _, macro := range macros {
		run(t, db, "CREATE MACRO "+macro)
	}
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// ask runs a query, and returns its rows as texts, by the names of the columns.
func ask(t *testing.T, db *sql.DB, query string) (all []map[string]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = shownAs(values[i])
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// shownAs is a value as text: as the drivers of databases have it, "" for none.
func shownAs(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

// recordTable is the record's table over what lies in a directory by day, as the DDL of both engines has it: a line a row.
func recordTable(t *testing.T, db *sql.DB, name, dir string) {
	t.Helper()
	run(t, db, fmt.Sprintf(`CREATE TABLE %s AS SELECT line, day FROM read_csv('%s/day=*/*.jsonl.gz', delim = '\x01', quote = '', escape = '',
		header = false, columns = {'line': 'VARCHAR'}, hive_partitioning = true, hive_types = {'day': VARCHAR}, max_line_size = 2000000)`, name, dir))
}

// tableOf creates a table with the columns that a statement of Athena's DDL has, out of a file of JSON lines.
func tableOf(t *testing.T, db *sql.DB, name, ddl string, lines []string) {
	t.Helper()
	_, columns, _ := strings.Cut(ddl, "(\n")
	columns, _, found := strings.Cut(columns, "\n)\n")
	if !found {
		t.Fatal("no columns in " + ddl)
	}
	columns = regexp.MustCompile("`([a-z]+)` ").ReplaceAllString(duck(columns), "'$1': '")
	columns = regexp.MustCompile(`(?m),$`).ReplaceAllString(columns, "',") + "'"
	file := filepath.Join(t.TempDir(), "lines.json")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, db, fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM read_json('%s', format = 'newline_delimited', columns = {%s, 'day': 'VARCHAR'})", name, file, columns))
}

// duck writes types of Hive's as DuckDB has them, a column a line.
func duck(types string) string {
	types = regexp.MustCompile(`\s*\n\s{4,}`).ReplaceAllString(types, " ")
	array := regexp.MustCompile(`array<struct<([^<>]*)>>`)
	types = array.ReplaceAllString(types, "STRUCT($1)[]")
	for structure := regexp.MustCompile(`struct<([^<>]*)>`); structure.MatchString(types); {
		types = structure.ReplaceAllString(types, "STRUCT($1)")
	}
	return strings.ReplaceAll(types, ": ", " ")
}

// asDuck has a query for Databricks read by DuckDB: names in backticks, and literals with backslashes.
func asDuck(query string) string {
	var b strings.Builder
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '`':
			b.WriteByte('"')
		case strings.HasPrefix(query[i:], "--"):
			i += strings.IndexByte(query[i:], '\n')
			b.WriteByte('\n')
		case c == '\'':
			b.WriteString("E'")
			for i++; query[i] != '\''; i++ {
				if query[i] == '\\' {
					b.WriteByte(query[i])
					i++
				}
				b.WriteByte(query[i])
			}
			b.WriteByte('\'')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// auditTable is system.access.audit, as far as the query has it, out of JSON lines.
// https://docs.databricks.com/aws/en/admin/system-tables/audit-logs
func auditTable(t *testing.T, db *sql.DB, lines []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.json")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, db, fmt.Sprintf(`CREATE TABLE audit_log AS SELECT * FROM read_json('%s', format = 'newline_delimited', columns = {
		'event_time': 'TIMESTAMP', 'event_date': 'DATE', 'event_id': 'VARCHAR', 'workspace_id': 'VARCHAR', 'service_name': 'VARCHAR', 'action_name': 'VARCHAR',
		'source_ip_address': 'VARCHAR', 'user_identity': 'STRUCT(email VARCHAR, subject_name VARCHAR)',
		'request_params': 'MAP(VARCHAR, VARCHAR)', 'response': 'STRUCT(status_code INTEGER, error_message VARCHAR)'})`, file))
}

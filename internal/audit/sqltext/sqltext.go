// Package sqltext writes values into SQL as Athena and Databricks read it.
//
// In come texts from the record, the access map and flags; out come literals, names and comments that hold these texts and nothing
// else. No text must ever end the literal, name or comment that it stands in.
package sqltext

import (
	"strings"
	"time"
)

// Engine is what SQL is for. The two write a text differently: https://docs.databricks.com/aws/en/sql/language-manual/data-types/string-type
// and https://trino.io/docs/current/language/types.html#varchar
type Engine string

// The engines.
const (
	Databricks Engine = "databricks"
	Athena     Engine = "athena"
)

// MaxQuery bounds a query, in bytes: Athena takes 262,144.
const MaxQuery = 250_000

// Text writes a literal.
func (e Engine) Text(v string) string {
	if e == Databricks {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
	}
	return "'" + strings.ReplaceAll(v, "'", "''") + "'"
}

// Name writes the name of a table, its parts quoted.
func (e Engine) Name(name string) string {
	if e == Databricks {
		return quoted(name, "`")
	}
	return quoted(name, `"`)
}

// DDLName writes the name of a table where it is created: Athena's DDL is Hive's.
// https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
func (Engine) DDLName(name string) string { return quoted(name, "`") }

func quoted(name, quote string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = quote + strings.ReplaceAll(part, quote, quote+quote) + quote
	}
	return strings.Join(parts, ".")
}

// Comment is a text in a comment, which a line break would end.
func Comment(text string) string { return strings.Join(strings.Fields(text), " ") }

// Day writes a date.
func Day(t time.Time) string { return "DATE '" + t.UTC().Format(time.DateOnly) + "'" }

// Moment writes a time, to the second.
func Moment(t time.Time) string { return "TIMESTAMP '" + t.UTC().Format(time.DateTime) + "'" }

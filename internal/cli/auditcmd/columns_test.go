package auditcmd

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// A spreadsheet has all that is known, so that nobody has to ask for the record again: docs/audit.md says so.
func TestEachMemberHasAColumn(t *testing.T) {
	t.Parallel()
	names := []string{"time"} // which is written beside columns
	for _, c := range columns {
		names = append(names, c.name)
	}
	other := map[string]string{"count": "times", "host": "workspace_host"} // as a column is called whose member has no clear name
	for _, of := range []any{audit.Record{}, audit.Who{}, audit.Asker{}} {
		for field := range reflect.TypeOf(of).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" { // Who, Asker, Refused
				continue
			}
			if called, ok := other[name]; ok {
				name = called
			}
			if !slices.Contains(names, name) {
				t.Errorf("%s has no column", name)
			}
		}
	}
}

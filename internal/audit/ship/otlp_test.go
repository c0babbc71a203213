package ship

import (
	"encoding/json"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Whatever JSON a line is, what goes to a collector is JSON, and has the line as it is.
func FuzzOTLP(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":[1,-2.5e3,true,null,"x"]}}`, `[]`, `{"":""}`, `"\u0000"`, `1e999`, `12345678901234567890`, `{"a":1,"a":2}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		body, err := otlp([]audit.Entry{{Line: []byte(line)}})
		if err != nil {
			return
		}
		var export struct {
			ResourceLogs []struct {
				ScopeLogs []struct{ LogRecords []json.RawMessage }
			}
		}
		if err := json.Unmarshal(body, &export); err != nil || len(export.ResourceLogs[0].ScopeLogs[0].LogRecords) != 1 {
			t.Errorf("%q became %s: %v", line, body, err)
		}
	})
}

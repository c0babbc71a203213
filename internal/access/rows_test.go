package access

import (
	"encoding/json"
	"testing"
)

// The JSON of `roles -o json` is read by programs: group is the older name of value, and stays.
func TestJSONOfARow(t *testing.T) {
	t.Parallel()
	row := Row{
		Role: "r", Identity: "i", Profile: "p", Because: []Reason{{Claim: "groups", Value: "ml", Group: "ml", Rule: "m*"}}, Needs: []string{"x"},
	}
	const want = `{"role":"r","identity":"i","may_take":false,"profile":"p",` +
		`"because":[{"claim":"groups","value":"ml","group":"ml","rule":"m*"}],"needs":["x"]}`
	if got, err := json.Marshal(row); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

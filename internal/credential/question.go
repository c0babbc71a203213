package credential

import (
	"encoding/json"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
)

// Question is all that decides which role a Databricks client means, where that depends on no sign-in. The answer to one is the
// answer to its equal, so that neither the map nor the config file has to be parsed for it again.
type Question struct {
	Program  string      // the build, whose rules they are
	Prefix   string      // of the names of profiles
	Words    []string    // of the command line, and the values of the variables that count
	Agent    string      // that asks: see Request
	Map      stamp.Stamp // of the access map
	Profiles stamp.Stamp // of the config file of the Databricks tools
}

// Name is that under which the answer is remembered. Another question has another.
func (q Question) Name() string {
	all, _ := json.Marshal(q) // never fails: there is nothing but text, numbers and times in it
	return "question/" + Digest(string(all))
}

// Meant is the answer to a Question.
type Meant struct {
	Identity  string `json:"identity"`
	Role      string `json:"role"`
	Workspace string `json:"workspace,omitempty"` // see Request
	Key       string `json:"key"`                 // of the token in the keyring
}

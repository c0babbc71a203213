package serve

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Offer is a grant as the client of a socket sees it.
type Offer struct {
	Role       string  `json:"role"`
	Identity   string  `json:"identity,omitempty"`
	Profile    string  `json:"profile,omitempty"`
	Region     string  `json:"region,omitempty"`
	Run        string  `json:"run,omitempty"` // see credential.Request
	AWS        bool    `json:"aws"`
	NoCopies   bool    `json:"no_copies,omitempty"` // see Grant
	Workspaces []Place `json:"workspaces,omitempty"`
}

// Place is where a Databricks workspace, or account console, of a role is, and what it is called.
type Place struct {
	Host        string `json:"host"` // as databricks.NormalizeHost writes it
	AccountID   string `json:"account_id,omitempty"`
	WorkspaceID string `json:"workspace_id,omitempty"`
	Profile     string `json:"profile,omitempty"` // of ~/.databrickscfg: another name by which a client of the socket may ask; may be empty
	Name        string `json:"name,omitempty"`    // of the access map; may be empty
}

func (p Place) address() databricks.Address {
	return databricks.Address{Host: p.Host, AccountID: p.AccountID, WorkspaceID: p.WorkspaceID}
}

type grantsAnswer struct {
	Grants []Offer `json:"grants"`
}

type credentialsAnswer struct {
	AccessKeyID     string    `json:"access_key_id"`
	SecretAccessKey string    `json:"secret_access_key"`
	SessionToken    string    `json:"session_token"`
	AccountID       string    `json:"account_id,omitempty"`
	Expires         time.Time `json:"expires"`
	Region          string    `json:"region,omitempty"`
	Recorded        bool      `json:"recorded,omitempty"` // each handing out is to be asked for, as it is recorded here: see credential.Again
}

type tokenAnswer struct {
	AccessToken string    `json:"access_token"`
	Host        string    `json:"host"`
	AccountID   string    `json:"account_id,omitempty"`
	WorkspaceID string    `json:"workspace_id,omitempty"`
	Expires     time.Time `json:"expires"`
	Recorded    bool      `json:"recorded,omitempty"` // see credentialsAnswer
}

// refusalAnswer carries a whole error over, so that the client ends as the program at the other end would.
type refusalAnswer struct {
	ID      ui.ID     `json:"id"`
	Code    ui.Code   `json:"exit_code"`
	Message string    `json:"message"`
	Fix     []fixStep `json:"fix,omitempty"`
}

type fixStep struct {
	Text   string `json:"text"`
	Copied bool   `json:"copied,omitempty"` // exactly, as a command is
	Admin  bool   `json:"admin,omitempty"`  // an administrator takes it
}

const (
	maxMessage = 500 // of a refusal, in runes
	maxSteps   = 8   // of its fix
	maxID      = 64  // of its ID, in bytes
)

// refuseOnSocket answers with an error.
func refuseOnSocket(w http.ResponseWriter, err error) {
	answer := refusalAnswer{ID: ui.IDOf(err), Code: ui.CodeOf(err), Message: ui.Cut(err.Error(), maxMessage)}
	for _, step := range ui.FixOf(err) {
		answer.Fix = append(answer.Fix, fixStep{ui.Cut(step.Text, maxMessage), step.Copied, step.Admin})
	}
	body, _ := json.Marshal(answer) // texts and numbers
	reply(w, statusOf(err), body)
}

// refusal is the error that an answer carries; false if it carries none.
func refusal(body []byte) (error, bool) { //nolint:revive // the error is the value here
	var a refusalAnswer
	if err := json.Unmarshal(body, &a); err != nil || a.Message == "" {
		return nil, false
	}
	if len(a.ID) > maxID || !ui.IsPlain(string(a.ID), "-") {
		a.ID = "socket-refused"
	}
	switch a.Code {
	case ui.Refused, ui.LoginNeeded, ui.NoSuchRole, ui.KeyringUnavailable:
	default:
		a.Code = ui.Failed
	}
	refused := ui.Errorf(a.ID, a.Code, "%s", ui.Cut(a.Message, maxMessage))
	for _, step := range a.Fix[:min(len(a.Fix), maxSteps)] {
		refused.Fix = append(refused.Fix, ui.Step{Text: ui.Cut(step.Text, maxMessage), Copied: step.Copied, Admin: step.Admin})
	}
	return refused, true
}

package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/ocsf"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// unknown stands where OCSF wants a name and none is known.
const unknown = "unknown"

// eventOf dresses a record for OCSF. Nothing is read back from it: see members.
func eventOf(r Record, m members, version string) ocsf.Event {
	e := ocsf.Event{
		SeverityID: ocsf.Informational, StatusID: ocsf.Success, ActionID: ocsf.Allowed, DispositionID: ocsf.Allowed,
		Time: r.Time.UnixMilli(), Unmapped: map[string]members{"dbxaccess": m},
		Metadata: ocsf.Metadata{
			Version: ocsf.Version, Product: ocsf.Product{Name: "dbxaccess", VendorName: "dbxaccess", Version: version},
			Profiles: []string{"host", "security_control"}, UID: fmt.Sprintf("%s-%d", m.Chain.Chain, m.Chain.Sequence),
			Sequence: m.Chain.Sequence, CorrelationUID: r.Run,
		},
		Device: r.device(), Source: &ocsf.Endpoint{Hostname: cmp.Or(r.Hostname, unknown)},
	}
	if m.Refused != nil {
		e.SeverityID, e.StatusID, e.ActionID, e.DispositionID = ocsf.Low, ocsf.Failure, ocsf.Denied, ocsf.Denied
		e.StatusCode, e.StatusDetail = string(m.Refused.ID), m.Refused.Text
	}
	user := r.user()
	e.Actor = &ocsf.Actor{AppName: "dbxaccess", User: user, Process: r.process()}
	if r.Identity != "" || r.Issuer != "" {
		e.Actor.IDP = &ocsf.IDP{Name: cmp.Or(r.Identity, r.Issuer), Issuer: r.Issuer}
	}
	e.Observe(ocsf.Hostname, "device.hostname", r.Hostname)
	e.Observe(ocsf.ProcessName, "actor.process.name", r.Process)
	e.Observe(ocsf.UserName, "actor.user.name", r.Name)
	e.Observe(ocsf.EmailAddress, "actor.user.email_addr", r.Email)
	e.Observe(ocsf.UserUID, "actor.user.uid", user.UID)
	switch r.Activity {
	case SignIn, SignOut, Renew:
		e.User, e.Service = user, &ocsf.Named{Name: cmp.Or(r.Issuer, r.Identity, unknown)}
		switch r.Activity {
		case SignIn:
			e.Of(ocsf.Authentication, ocsf.Logon)
		case SignOut:
			e.Of(ocsf.Authentication, ocsf.Logoff)
		default: // the activities beside these two are Kerberos'
			e.Of(ocsf.Authentication, ocsf.Other)
			e.ActivityName = "Renew"
		}
	case Entitle:
		e.User, e.Privileges = user, make([]string, 0, len(r.Grants))
		for _, g := range r.Grants {
			e.Privileges = append(e.Privileges, g.Role)
		}
		e.Of(ocsf.AuthorizeSession, ocsf.AssignPrivileges)
	case Tool:
		e.Of(ocsf.APIActivity, ocsf.Other)
		e.ActivityName = "Tool"
		e.API = &ocsf.API{Operation: cmp.Or(r.Tool, unknown), Service: &ocsf.Named{Name: "dbxaccess mcp"}}
		answered(&e)
	default:
		r.call(&e)
	}
	return e
}

// call is what belongs to a call of AWS or a workspace.
func (r Record) call(e *ocsf.Event) {
	e.Of(ocsf.APIActivity, ocsf.Create)
	if r.Activity == Serve {
		e.Of(ocsf.APIActivity, ocsf.Read)
		if r.Count > 0 {
			e.Count, e.StartTime, e.EndTime = r.Count, r.Since.UnixMilli(), r.Time.UnixMilli()
		}
	}
	e.API = &ocsf.API{Operation: cmp.Or(string(r.Activity), unknown)}
	if r.RequestID != "" {
		e.API.Request = &ocsf.Request{UID: r.RequestID}
	}
	answered(e)
	e.Metadata.Profiles = append(e.Metadata.Profiles, "cloud")
	e.Actor.Session = &ocsf.Session{UID: r.SessionName, CredentialUID: r.AccessKeyID, Issuer: r.Issuer, ExpirationTime: millis(r.Expires)}
	switch {
	case r.Host != "":
		e.Cloud = &ocsf.Cloud{Provider: "Databricks"}
		e.API.Service = &ocsf.Named{Name: r.Host}
		e.Resources = []ocsf.Resource{{Type: "Databricks::Workspace", UID: r.Host, Name: cmp.Or(r.Vended, r.Role)}}
	default:
		e.Cloud = &ocsf.Cloud{Provider: "AWS"}
		e.API.Service = &ocsf.Named{Name: "AWS"}
		if parts := strings.SplitN(r.RoleARN, ":", 6); len(parts) == 6 && parts[4] != "" {
			e.Cloud.Account = &ocsf.Named{UID: parts[4]}
		}
		if role := cmp.Or(r.RoleARN, r.PermissionSet, r.Role); role != "" {
			e.Resources = []ocsf.Resource{{Type: "AWS::IAM::Role", UID: role, Name: r.Role}}
		}
	}
	if r.PolicyDigest != "" {
		e.Policy = &ocsf.Named{Name: "session policy", UID: r.PolicyDigest}
	}
	e.Observe(ocsf.CredentialID, "actor.session.credential_uid", r.AccessKeyID)
	if len(e.Resources) > 0 {
		e.Observe(ocsf.ResourceUID, "resources[0].uid", e.Resources[0].UID)
	}
}

// answered is what a call was answered with, where that is an error.
func answered(e *ocsf.Event) {
	if e.StatusID == ocsf.Failure {
		e.API.Response = &ocsf.Response{Error: e.StatusCode, ErrorMessage: e.StatusDetail}
	}
}

// user is who it was about.
func (r Record) user() *ocsf.User {
	u := &ocsf.User{Name: r.Name, EmailAddr: r.Email, UID: r.Subject, UIDAlt: r.Key, CredentialUID: r.AccessKeyID}
	switch {
	case r.Subject == "":
		u.Name = cmp.Or(u.Name, unknown)
	case r.Workload:
		u.TypeID = 4
	default:
		u.TypeID = 1
	}
	if r.Group != "" {
		u.Groups = []ocsf.Named{{Name: r.Group}}
	}
	return u
}

// process is the program that asked, with those that started it: nil where nothing is known.
func (r Record) process() *ocsf.Process {
	if r.PID == 0 {
		return nil
	}
	var above *ocsf.Process
	for i, name := range slices.Backward(r.Parents) {
		// OCSF wants a number or an id of each, and only that of the nearest is known.
		above = &ocsf.Process{UID: fmt.Sprintf("%d/%d", r.PID, i+1), Name: name, Parent: above}
	}
	p := &ocsf.Process{PID: r.PID, Name: r.Process, Parent: above}
	if r.OSUser != "" || r.OSUserID != "" {
		p.User = &ocsf.User{Name: r.OSUser, UID: r.OSUserID}
	}
	return p
}

func (r Record) device() *ocsf.Device {
	d := &ocsf.Device{Hostname: cmp.Or(r.Hostname, unknown)}
	if r.OS != "" {
		types := map[string]int{"windows": 100, "linux": 200, "darwin": 300}
		d.OS = &ocsf.OS{Name: r.OS, TypeID: types[r.OS]}
	}
	return d
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// refusal is what a record says of an error: as a person was told it.
type refusal struct {
	ID   ui.ID   `json:"id,omitzero"`
	Code ui.Code `json:"exit_code"`
	Text string  `json:"text"`
}

func refusalOf(err error) *refusal {
	if err == nil {
		return nil
	}
	return &refusal{ID: ui.IDOf(err), Code: ui.CodeOf(err), Text: ui.Cut(ui.Clean(err.Error()), maxText)}
}

// error is the refusal as it was, for those who ask for its id.
func (f *refusal) error() error {
	if f == nil {
		return nil
	}
	return ui.Errorf(f.ID, max(f.Code, ui.Failed), "%s", ui.Cut(ui.Clean(f.Text), maxText))
}

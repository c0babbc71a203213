// Package ocsf has the members of OCSF 1.8.0 that the events of the record use, as JSON.
//
// In come plain values; out comes what encoding/json makes of an Event. Unmapped is its last member, which is how a line of the
// record gets its end: see docs/decisions/066-the-record.md. The package must never know what the values mean.
//
// The schema is https://schema.ocsf.io/1.8.0/.
package ocsf

// Version of the schema.
const Version = "1.8.0"

// Class is a kind of event. Its category is its first digit.
type Class int

// The classes.
const (
	Authentication   Class = 3002
	AuthorizeSession Class = 3003
	APIActivity      Class = 6003
)

// Activities of the classes.
const (
	Logon            = 1  // Authentication
	Logoff           = 2  // Authentication
	AssignPrivileges = 1  // AuthorizeSession
	Create           = 1  // APIActivity
	Read             = 2  // APIActivity
	Other            = 99 // any; ActivityName says which
)

// Values of several members.
const (
	Informational = 1 // severity_id
	Low           = 2
	Success       = 1 // status_id
	Failure       = 2
	Allowed       = 1 // action_id, and disposition_id
	Denied        = 2 // the same, where disposition_id calls it "Blocked"
)

// Types of observables.
const (
	Hostname     = 1
	UserName     = 4
	EmailAddress = 5
	ProcessName  = 9
	ResourceUID  = 10
	CredentialID = 19
	UserUID      = 31
)

// Event is one of the three classes; what does not belong to it is zero, which is left out.
type Event struct {
	ActivityID    int          `json:"activity_id"`
	ActivityName  string       `json:"activity_name,omitzero"`
	CategoryUID   int          `json:"category_uid"`
	ClassUID      Class        `json:"class_uid"`
	TypeUID       int          `json:"type_uid"`
	SeverityID    int          `json:"severity_id"`
	Time          int64        `json:"time"` // as all times here, in milliseconds since 1970
	StatusID      int          `json:"status_id"`
	StatusCode    string       `json:"status_code,omitzero"`
	StatusDetail  string       `json:"status_detail,omitzero"`
	Count         int          `json:"count,omitzero"`
	StartTime     int64        `json:"start_time,omitzero"`
	EndTime       int64        `json:"end_time,omitzero"`
	ActionID      int          `json:"action_id,omitzero"`
	DispositionID int          `json:"disposition_id,omitzero"`
	Metadata      Metadata     `json:"metadata"`
	User          *User        `json:"user,omitzero"`
	Actor         *Actor       `json:"actor,omitzero"`
	Device        *Device      `json:"device,omitzero"`
	Source        *Endpoint    `json:"src_endpoint,omitzero"`
	Service       *Named       `json:"service,omitzero"`
	Privileges    []string     `json:"privileges,omitzero"` // an empty list is written
	API           *API         `json:"api,omitzero"`
	Cloud         *Cloud       `json:"cloud,omitzero"`
	Resources     []Resource   `json:"resources,omitempty"`
	Policy        *Named       `json:"policy,omitzero"`
	Observables   []Observable `json:"observables,omitempty"`
	Unmapped      any          `json:"unmapped"`
}

// Of sets what makes an event one of its class and activity.
func (e *Event) Of(class Class, activity int) {
	e.ClassUID, e.ActivityID = class, activity
	e.CategoryUID, e.TypeUID = int(class)/1000, int(class)*100+activity
}

// Observe adds what a SIEM looks for by itself, wherever it stands in the event; nothing where it is empty.
func (e *Event) Observe(typ int, name, value string) {
	if value != "" {
		e.Observables = append(e.Observables, Observable{TypeID: typ, Name: name, Value: value})
	}
}

// Metadata says what wrote the event.
type Metadata struct {
	Version        string   `json:"version"`
	Product        Product  `json:"product"`
	Profiles       []string `json:"profiles"`
	UID            string   `json:"uid"`
	Sequence       uint64   `json:"sequence"`
	CorrelationUID string   `json:"correlation_uid,omitzero"`
}

// Product is the program.
type Product struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitzero"`
}

// User is a person or a workload.
type User struct {
	Name          string  `json:"name,omitzero"`
	EmailAddr     string  `json:"email_addr,omitzero"`
	UID           string  `json:"uid,omitzero"`
	UIDAlt        string  `json:"uid_alt,omitzero"`
	TypeID        int     `json:"type_id,omitzero"` // 1 a person, 4 a service
	CredentialUID string  `json:"credential_uid,omitzero"`
	Groups        []Named `json:"groups,omitempty"`
}

// Actor is on whose behalf something happened.
type Actor struct {
	AppName string   `json:"app_name,omitzero"`
	User    *User    `json:"user,omitzero"`
	Process *Process `json:"process,omitzero"`
	IDP     *IDP     `json:"idp,omitzero"`
	Session *Session `json:"session,omitzero"`
}

// IDP is an identity provider.
type IDP struct {
	Name   string `json:"name,omitzero"`
	Issuer string `json:"issuer,omitzero"`
}

// Process needs a pid, or whatever is known of it is left out.
type Process struct {
	PID    int      `json:"pid,omitzero"`
	UID    string   `json:"uid,omitzero"`
	Name   string   `json:"name,omitzero"`
	User   *User    `json:"user,omitzero"`
	Parent *Process `json:"parent_process,omitzero"`
}

// Device is the machine.
type Device struct {
	TypeID   int    `json:"type_id"`
	Hostname string `json:"hostname"`
	OS       *OS    `json:"os,omitzero"`
}

// OS is an operating system.
type OS struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"` // 100 Windows, 200 Linux, 300 macOS, 0 another
}

// Endpoint is where a request came from.
type Endpoint struct {
	Hostname string `json:"hostname"`
}

// Named is a service, a group or a policy.
type Named struct {
	Name string `json:"name,omitzero"`
	UID  string `json:"uid,omitzero"`
}

// Session is what was issued.
type Session struct {
	UID            string `json:"uid,omitzero"`
	CredentialUID  string `json:"credential_uid,omitzero"`
	Issuer         string `json:"issuer,omitzero"`
	ExpirationTime int64  `json:"expiration_time,omitzero"`
}

// API is the call that issued it.
type API struct {
	Operation string    `json:"operation"`
	Service   *Named    `json:"service,omitzero"`
	Request   *Request  `json:"request,omitzero"`
	Response  *Response `json:"response,omitzero"`
}

// Request is known by its id.
type Request struct {
	UID string `json:"uid"`
}

// Response is why a call was refused.
type Response struct {
	Error        string `json:"error,omitzero"`
	ErrorMessage string `json:"error_message,omitzero"`
}

// Cloud is whose cloud it is.
type Cloud struct {
	Provider string `json:"provider"`
	Account  *Named `json:"account,omitzero"`
}

// Resource is what credentials are for.
type Resource struct {
	Type string `json:"type,omitzero"`
	UID  string `json:"uid,omitzero"`
	Name string `json:"name,omitzero"`
}

// Observable is a value that is found wherever it stands.
type Observable struct {
	TypeID int    `json:"type_id"`
	Name   string `json:"name"`
	Value  string `json:"value"`
}

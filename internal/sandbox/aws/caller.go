package aws

import (
	"net/http"
	"time"
)

// Caller is whose credentials a request to another of the account's services is signed with.
type Caller struct {
	ARN     string // the session's
	RoleARN string
	Account string
	Region  string // that the signature is for

	credentials Credentials
	now         time.Time
}

// Caller finds who signed a request to a service, or AWS's error for a signature that is not good. The lock must be held.
func (a *Account) Caller(r *http.Request, service, action string) (caller Caller, code, message string) {
	call := Call{Action: action}
	credentials, failed := a.authenticate(r, &call, service)
	if failed != nil {
		return Caller{}, failed.code, failed.message
	}
	return Caller{
		ARN: call.Caller, RoleARN: credentials.roleARN, Account: credentials.account(), Region: call.Region, credentials: credentials, now: a.h.Clock(),
	}, "", ""
}

// May reports whether the caller's session policies let them act. What their role allows is not known here, and taken for
// enough.
func (c Caller) May(action, resource string) bool { return c.credentials.may(c.now, action, resource) }

package aws

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	listGrantsPath   = "/v20180820/accessgrantsinstance/grants"
	actionListGrants = "ListAccessGrants"
	grantsPage       = 2 // AWS's pages are longer: the double's make a client turn them
)

// listAccessGrants answers ListAccessGrants, without its filters.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrants.html
func (a *Account) listAccessGrants(r *http.Request) *harness.Reply {
	signed := Call{Action: actionListGrants}
	caller, failed := a.authenticate(r, &signed, grantService)
	if failed != nil {
		return s3Error(failed.code, failed.message)
	}
	instance := "arn:aws:s3:" + signed.Region + ":" + caller.account() + ":access-grants/default"
	switch {
	case !caller.may(a.h.Clock(), "s3:ListAccessGrants", instance):
		return s3Error("AccessDenied", "User: "+caller.arn()+" is not authorized to perform: s3:ListAccessGrants on resource: "+instance)
	case r.Header.Get("X-Amz-Account-Id") != harness.Account, signed.Region != "us-east-1", a.h.Behaviour.GrantsInstanceAbsent:
		return s3Error("AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist")
	}
	all, from := grants(), 0
	if token := r.URL.Query().Get("nextToken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n <= 0 || n >= len(all) {
			a.h.Unexpectedf("GET %s: nextToken %q", r.URL.Path, token)
			return s3Error("InvalidRequest", "nextToken is not what the API takes")
		}
		from = n
	}
	to := min(from+grantsPage, len(all))
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ListAccessGrantsResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">`)
	if to < len(all) {
		writeElement(&body, "NextToken", strconv.Itoa(to))
	}
	body.WriteString("<AccessGrantsList>")
	for i, g := range all[from:to] {
		body.WriteString("<AccessGrant>")
		writeElement(&body, "AccessGrantId", "grant-"+strconv.Itoa(from+i))
		body.WriteString("<Grantee>")
		writeElement(&body, "GranteeType", "IAM")
		writeElement(&body, "GranteeIdentifier", g.role)
		body.WriteString("</Grantee>")
		writeElement(&body, "Permission", g.permission)
		writeElement(&body, "GrantScope", g.scope)
		body.WriteString("</AccessGrant>")
	}
	body.WriteString("</AccessGrantsList></ListAccessGrantsResult>")
	return &harness.Reply{Status: http.StatusOK, ContentType: "application/xml", Body: body.Bytes()}
}

package aws

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	dataAccessPath = "/v20180820/accessgrantsinstance/dataaccess"
	actionGrant    = "GetDataAccess"
	grantService   = "s3"
	locationRole   = "arn:aws:iam::" + harness.Account + ":role/access-grants-location"
)

// grant is one of the account's S3 Access Grants.
type grant struct {
	role       string // ARN
	scope      string // ends in a star
	permission string // READ, WRITE or READWRITE
}

// grants are those there are. Their instance is that of us-east-1.
func grants() []grant {
	role := func(name string) string { return "arn:aws:iam::" + harness.Account + ":role/" + name }
	return []grant{
		{role("ml-trainer"), "s3://acme-ml/churn/*", "READWRITE"},
		{role("ml-reader"), "s3://acme-features/*", "READ"},
		{role("ml-trainer"), "s3://acme-features/*", "READ"},
	}
}

// GrantCall is one request to S3 Access Grants that could be read, granted or not.
type GrantCall struct {
	Target, TargetType, Permission, Privilege, AuditContext string

	Duration    time.Duration // 0: none was sent
	Caller      string        // ARN of the session that signed
	Region      string        // that the signature is for
	AccessKeyID string        // that was issued; "" where refused
	Error       string        // AWS's code; "" where granted
}

// GrantCalls are the requests to S3 Access Grants, oldest first.
func (a *Account) GrantCalls() []GrantCall {
	a.h.Lock()
	defer a.h.Unlock()
	return slices.Clone(a.grantCalls)
}

// S3ControlURL is what AWS_ENDPOINT_URL_S3_CONTROL is set to.
func (a *Account) S3ControlURL() string { return a.h.Origin() }

// dataAccess answers GetDataAccess.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetDataAccess.html
func (a *Account) dataAccess(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	call := GrantCall{
		Target: query.Get("target"), TargetType: query.Get("targetType"), Permission: query.Get("permission"),
		Privilege: query.Get("privilege"), AuditContext: query.Get("auditContext"),
	}
	answer, failed := a.getDataAccess(r, &call)
	if failed != nil {
		call.Error = failed.code
		answer = s3Error(failed.code, failed.message)
	}
	a.grantCalls = append(a.grantCalls, call)
	return answer
}

func (a *Account) getDataAccess(r *http.Request, call *GrantCall) (*harness.Reply, *fault) {
	var signed Call
	signed.Action = actionGrant
	caller, failed := a.authenticate(r, &signed, grantService)
	if failed != nil {
		return nil, failed
	}
	call.Caller, call.Region = signed.Caller, signed.Region
	if failed := readDataAccess(r, call); failed != nil {
		a.h.Unexpectedf("GET %s: %s: %s", r.URL.Path, failed.code, failed.message)
		return nil, failed
	}
	instance := "arn:aws:s3:" + call.Region + ":" + harness.Account + ":access-grants/default"
	switch {
	case r.Header.Get("X-Amz-Account-Id") != harness.Account, call.Region != "us-east-1", a.h.Behaviour.GrantsInstanceAbsent:
		return nil, &fault{"AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist"}
	case !caller.may(a.h.Clock(), "s3:GetDataAccess", instance):
		return nil, &fault{"AccessDenied", "User: " + caller.arn() + " is not authorized to perform: s3:GetDataAccess on resource: " + instance +
			" because no session policy allows the s3:GetDataAccess action"}
	}
	i := slices.IndexFunc(grants(), func(g grant) bool {
		return g.role == caller.roleARN && strings.HasPrefix(call.Target, strings.TrimSuffix(g.scope, "*")) && strings.HasPrefix(g.permission, call.Permission)
	})
	if i < 0 {
		return nil, &fault{"AccessDenied", "You do not have " + call.Permission + " permissions to the requested S3 Prefix: " + call.Target}
	}
	life := call.Duration
	if life == 0 {
		life = defaultDuration
	}
	made := a.Issue(locationRole, "access-grants", life)
	call.AccessKeyID = made.AccessKeyID
	fields := map[string]any{
		"AccessKeyId": made.AccessKeyID, "SecretAccessKey": made.SecretAccessKey, "SessionToken": made.SessionToken,
		"Expiration": made.Expires.UTC().Format(time.RFC3339), "MatchedGrantTarget": grants()[i].scope,
	}
	return &harness.Reply{
		Status: http.StatusOK, ContentType: "application/xml", Header: http.Header{"X-Amz-Request-Id": {harness.UUID()}}, Fields: fields, Encode: encodeDataAccess,
	}, nil
}

// readDataAccess checks what no orderly client gets wrong.
func readDataAccess(r *http.Request, call *GrantCall) *fault {
	invalid := func(what string) *fault { return &fault{"InvalidRequest", what + " is not what the API takes"} }
	query := r.URL.Query()
	if name, twice := harness.Twice(query); twice {
		return invalid(name)
	}
	if query.Has("durationSeconds") {
		seconds, err := strconv.Atoi(query.Get("durationSeconds"))
		if err != nil || seconds < 900 || seconds > 43_200 {
			return invalid("durationSeconds")
		}
		call.Duration = time.Duration(seconds) * time.Second
	}
	object := call.TargetType == "Object" && !strings.HasSuffix(call.Target, "*") && !strings.HasSuffix(call.Target, "/")
	switch {
	case !strings.HasPrefix(call.Target, "s3://") || len(call.Target) > 2000:
		return invalid("target")
	case !object && (call.TargetType != "" || !strings.HasSuffix(call.Target, "*")):
		return invalid("targetType")
	case !slices.Contains([]string{"READ", "WRITE", "READWRITE"}, call.Permission):
		return invalid("permission")
	case !slices.Contains([]string{"", "Default", "Minimal"}, call.Privilege):
		return invalid("privilege")
	case len(call.AuditContext) > 2048 || query.Has("auditContext") && call.AuditContext == "":
		return invalid("auditContext")
	case r.Header.Get("X-Amz-Content-Sha256") == "":
		return &fault{"InvalidRequest", "Missing required header for this request: x-amz-content-sha256"}
	}
	return nil
}

func encodeDataAccess(fields map[string]any) ([]byte, error) {
	var body bytes.Buffer
	write := func(names ...string) {
		for _, name := range names {
			if value := fields[name]; value != nil {
				writeElement(&body, name, fmt.Sprint(value))
			}
		}
	}
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><GetDataAccessResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Credentials>`)
	write("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
	body.WriteString(`</Credentials>`)
	write("MatchedGrantTarget")
	body.WriteString(`</GetDataAccessResult>`)
	return body.Bytes(), nil
}

// s3Error is an error answer of S3 Control.
func s3Error(code, message string) *harness.Reply {
	status := http.StatusForbidden
	switch code {
	case "AccessGrantsInstanceNotExistsError":
		status = http.StatusNotFound
	case "InvalidRequest":
		status = http.StatusBadRequest
	case "SlowDown", "ServiceUnavailable":
		status = http.StatusServiceUnavailable
	case "InternalError":
		status = http.StatusInternalServerError
	}
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ErrorResponse><Error>`)
	writeElement(&body, "Code", code)
	writeElement(&body, "Message", message)
	body.WriteString(`</Error>`)
	writeElement(&body, "RequestId", harness.UUID())
	body.WriteString(`</ErrorResponse>`)
	return &harness.Reply{Status: status, ContentType: "application/xml", Body: body.Bytes()}
}

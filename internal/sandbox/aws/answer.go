package aws

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// fault is an error that STS answers with.
type fault struct{ code, message string }

// statusOf is the HTTP status that belongs to an AWS error code.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func statusOf(code string) int {
	switch code {
	case "AccessDenied", "RegionDisabledException", "IDPRejectedClaim", "OptInRequired", "InvalidClientTokenId",
		"ExpiredToken", "MissingAuthenticationToken", "SignatureDoesNotMatch",
		"OutboundWebIdentityFederationDisabledException", "SessionDurationEscalationException":
		return http.StatusForbidden
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case "InternalFailure":
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// stsReply is an answer to an action: the fields that there are as elements, in their order, some in a common parent.
func stsReply(action string, fields map[string]any, elements ...string) *harness.Reply {
	id := harness.UUID()
	header := http.Header{"X-Amzn-Requestid": {id}}
	return &harness.Reply{Status: http.StatusOK, ContentType: "text/xml", Header: header, Fields: fields, Encode: func(fields map[string]any) ([]byte, error) {
		var body bytes.Buffer
		fmt.Fprintf(&body, "<%sResponse xmlns=%q><%sResult>", action, stsNamespace, action)
		open := ""
		enter := func(parent string) {
			if open != parent && open != "" {
				fmt.Fprintf(&body, "</%s>", open)
			}
			if open != parent && parent != "" {
				fmt.Fprintf(&body, "<%s>", parent)
			}
			open = parent
		}
		for _, path := range elements {
			parent, name, nested := strings.Cut(path, ">")
			if !nested {
				parent, name = "", path
			}
			if value := fields[name]; value != nil {
				enter(parent)
				writeElement(&body, name, fmt.Sprint(value))
			}
		}
		enter("")
		fmt.Fprintf(&body, "</%sResult><ResponseMetadata>", action)
		writeElement(&body, "RequestId", id)
		fmt.Fprintf(&body, "</ResponseMetadata></%sResponse>", action)
		return body.Bytes(), nil
	}}
}

func writeElement(body *bytes.Buffer, name, text string) {
	fmt.Fprintf(body, "<%s>", name)
	_ = xml.EscapeText(body, []byte(text)) // a buffer takes all
	fmt.Fprintf(body, "</%s>", name)
}

// stsError is an error answer of the Query API.
func stsError(code, message string) *harness.Reply {
	status := statusOf(code)
	kind := "Sender"
	if status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, "<ErrorResponse xmlns=%q><Error>", stsNamespace)
	writeElement(&body, "Type", kind)
	writeElement(&body, "Code", code)
	writeElement(&body, "Message", message)
	body.WriteString("</Error>")
	writeElement(&body, "RequestId", harness.UUID())
	body.WriteString("</ErrorResponse>")
	return &harness.Reply{Status: status, ContentType: "text/xml", Body: body.Bytes()}
}

package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// Sizes in bytes. Since September 2026 AWS's session tokens have up to 4,096.
const (
	secretKeySize     = 40
	sessionTokenSize  = 1040
	sessionTokenSpace = 4096
)

// stsFault is an error that STS answers with.
type stsFault struct{ code, message string }

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

// credentials are a role's session, which they stand for. s.issued has them by their access key.
type credentials struct {
	accessKeyID, secretKey, sessionToken string

	roleARN, roleID, sessionName string
	expires                      time.Time
	policy                       string   // the session policy; "": none
	policyARNs                   []string // managed session policies
	chained                      bool     // assumed with another role's credentials
	tags                         map[string]string
	transitive                   []string // keys of tags that go on to the next role
	sourceIdentity               string
}

// arn is the session's: arn:aws:iam::ACCOUNT:role/path/NAME becomes arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
func (c credentials) arn() string {
	of := strings.Split(c.roleARN, ":")
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", of[1], of[4], of[5][strings.LastIndexByte(of[5], '/')+1:], c.sessionName)
}

// account is the role's.
func (c credentials) account() string { return strings.Split(c.roleARN, ":")[4] }

// userID is how AWS calls the session where ARNs can't be used.
func (c credentials) userID() string { return c.roleID + ":" + c.sessionName }

// openSession begins the session that a request to assume a role asks for. A duration of 0 is the default.
func (s *Server) openSession(call *STSCall, life time.Duration) credentials {
	if life == 0 {
		life = defaultDuration
	}
	return credentials{
		roleARN: call.RoleARN, sessionName: call.SessionName, expires: s.clock().Add(s.lifeOf(life)),
		policy: call.Policy, policyARNs: call.PolicyARNs,
	}
}

// lifeOf is how long credentials live that were asked for this long.
func (s *Server) lifeOf(asked time.Duration) time.Duration {
	if s.behaviour.CredentialLifetime != 0 {
		return s.behaviour.CredentialLifetime
	}
	return asked
}

// equip gives a session its credentials.
func (s *Server) equip(made *credentials) {
	made.accessKeyID = "ASIA" + rand.Text()[:16]
	made.roleID = "AROA" + rand.Text()[:16]
	made.secretKey = s.handOut(standard64(secretKeySize))
	made.sessionToken = s.handOut(("IQoJb3JpZ2luX2Vj" + standard64(sessionTokenSize))[:sessionTokenSize])
	s.issued[made.accessKeyID] = *made
}

// issue equips a session that was asked for, and returns what the answer says of it.
func (s *Server) issue(made *credentials, call *STSCall, percent int) map[string]any {
	s.equip(made)
	call.AccessKeyID = made.accessKeyID
	size := len(made.sessionToken)
	fields := map[string]any{
		"Arn":                     made.arn(),
		"AssumedRoleId":           made.userID(),
		"AccessKeyId":             made.accessKeyID,
		"SecretAccessKey":         made.secretKey,
		"SessionToken":            made.sessionToken,
		"SessionTokenSize":        size,
		"SessionTokenUtilization": min(100, (size*100+sessionTokenSpace-1)/sessionTokenSpace),
		"Expiration":              made.expires.UTC().Format(time.RFC3339),
	}
	if percent > 0 {
		fields["PackedPolicySize"] = percent
	}
	if made.sourceIdentity != "" {
		fields["SourceIdentity"] = made.sourceIdentity
	}
	return fields
}

// standard64 is n random characters of base64.
func standard64(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)[:n]
}

// answerXML is an answer of the Query API: its elements are named after the action.
type answerXML struct {
	XMLName xml.Name
	XMLNS   string `xml:"xmlns,attr"`
	Result  any
	Request requestXML `xml:"ResponseMetadata"`
}

type requestXML struct {
	RequestID string `xml:"RequestId"`
}

// stsReply is an answer to an action. result makes the element of its fields, with the name that it is given.
func stsReply(action string, fields map[string]any, result func(name xml.Name, fields map[string]any) any) reply {
	return reply{status: http.StatusOK, contentType: "text/xml", fields: fields, encode: func(fields map[string]any) ([]byte, error) {
		return xml.MarshalIndent(answerXML{
			XMLName: xml.Name{Local: action + "Response"},
			XMLNS:   stsNamespace,
			Result:  result(xml.Name{Local: action + "Result"}, fields),
			Request: requestXML{requestID()},
		}, "", "  ")
	}}
}

type assumeXML struct {
	XMLName        xml.Name
	Subject        string `xml:"SubjectFromWebIdentityToken,omitempty"`
	Audience       string `xml:"Audience,omitempty"`
	ARN            string `xml:"AssumedRoleUser>Arn,omitempty"`
	RoleID         string `xml:"AssumedRoleUser>AssumedRoleId,omitempty"`
	SessionToken   string `xml:"Credentials>SessionToken,omitempty"`
	SecretKey      string `xml:"Credentials>SecretAccessKey,omitempty"`
	Expiration     string `xml:"Credentials>Expiration,omitempty"`
	AccessKeyID    string `xml:"Credentials>AccessKeyId,omitempty"`
	SourceIdentity string `xml:"SourceIdentity,omitempty"`
	PackedPolicy   string `xml:"PackedPolicySize,omitempty"`
	TokenSize      string `xml:"SessionTokenSize,omitempty"`
	Utilization    string `xml:"SessionTokenUtilization,omitempty"`
	Provider       string `xml:"Provider,omitempty"`
}

// assumed answers both ways to assume a role.
func assumed(action string, fields map[string]any) reply {
	return stsReply(action, fields, func(name xml.Name, fields map[string]any) any {
		return assumeXML{
			XMLName:        name,
			Subject:        text(fields["SubjectFromWebIdentityToken"]),
			Audience:       text(fields["Audience"]),
			ARN:            text(fields["Arn"]),
			RoleID:         text(fields["AssumedRoleId"]),
			SessionToken:   text(fields["SessionToken"]),
			SecretKey:      text(fields["SecretAccessKey"]),
			Expiration:     text(fields["Expiration"]),
			AccessKeyID:    text(fields["AccessKeyId"]),
			SourceIdentity: text(fields["SourceIdentity"]),
			PackedPolicy:   text(fields["PackedPolicySize"]),
			TokenSize:      text(fields["SessionTokenSize"]),
			Utilization:    text(fields["SessionTokenUtilization"]),
			Provider:       text(fields["Provider"]),
		}
	})
}

// text is a field as an XML element's text.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// stsError is an error answer of the Query API.
func stsError(code, message string) reply {
	status := statusOf(code)
	kind := "Sender"
	if status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	body, err := xml.MarshalIndent(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		XMLNS     string   `xml:"xmlns,attr"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}{XMLNS: stsNamespace, Type: kind, Code: code, Message: message, RequestID: requestID()}, "", "  ")
	if err != nil {
		return textReply(http.StatusInternalServerError, err.Error())
	}
	return reply{status: status, contentType: "text/xml", body: body}
}

// requestID has the form of a UUID.
func requestID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

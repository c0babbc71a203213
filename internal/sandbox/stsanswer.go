package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// Sizes in bytes. Since September 2026 AWS's session tokens have up to 4,096; the sandbox's may be made larger, as no
// client should count on a bound.
const (
	secretKeySize       = 40
	defaultSessionToken = 1040
	sessionTokenSpace   = 4096
	maxSessionToken     = 1 << 20
)

// stsFault is an error that STS answers with.
type stsFault struct{ code, message string }

// statusOf is the HTTP status that belongs to an AWS error code.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func statusOf(code string) int {
	switch code {
	case "AccessDenied", "RegionDisabledException", "IDPRejectedClaim", "OptInRequired", "InvalidClientTokenId":
		return http.StatusForbidden
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case "InternalFailure":
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// issue makes credentials.
func (s *Server) issue(call *STSCall, claims webIdentity, life time.Duration, percent int) reply {
	size := s.behaviour.SessionTokenSize
	if size == 0 {
		size = defaultSessionToken
	}
	call.AccessKeyID = "ASIA" + rand.Text()[:16]
	// arn:aws:iam::ACCOUNT:role/path/NAME becomes arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
	arn := strings.Split(call.RoleARN, ":")
	role := arn[5][strings.LastIndexByte(arn[5], '/')+1:]
	made := credentials{
		secretKey:    s.handOut(standard64(secretKeySize)),
		sessionToken: s.handOut(("IQoJb3JpZ2luX2Vj" + standard64(size))[:size]),
		arn:          fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", arn[1], arn[4], role, call.SessionName),
		expires:      s.clock().Add(life),
	}
	s.issued[call.AccessKeyID] = made
	fields := map[string]any{
		"SubjectFromWebIdentityToken": claims.Subject,
		"Audience":                    call.Audience,
		"Provider":                    claims.Issuer,
		"Arn":                         made.arn,
		"AssumedRoleId":               "AROA" + rand.Text()[:16] + ":" + call.SessionName,
		"AccessKeyId":                 call.AccessKeyID,
		"SecretAccessKey":             made.secretKey,
		"SessionToken":                made.sessionToken,
		"SessionTokenSize":            size,
		"SessionTokenUtilization":     min(100, (size*100+sessionTokenSpace-1)/sessionTokenSpace),
		"Expiration":                  made.expires.UTC().Format(time.RFC3339),
	}
	if percent > 0 {
		fields["PackedPolicySize"] = percent
	}
	if claims.SourceIdentity != "" {
		fields["SourceIdentity"] = claims.SourceIdentity
	}
	return reply{status: http.StatusOK, contentType: "text/xml", fields: fields, encode: encodeAssumed}
}

// standard64 is n random characters of base64.
func standard64(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)[:n]
}

type assumedXML struct {
	XMLName xml.Name   `xml:"AssumeRoleWithWebIdentityResponse"`
	XMLNS   string     `xml:"xmlns,attr"`
	Result  assumeXML  `xml:"AssumeRoleWithWebIdentityResult"`
	Request requestXML `xml:"ResponseMetadata"`
}

type assumeXML struct {
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

type requestXML struct {
	RequestID string `xml:"RequestId"`
}

func encodeAssumed(fields map[string]any) ([]byte, error) {
	return xml.MarshalIndent(assumedXML{
		XMLNS: stsNamespace,
		Result: assumeXML{
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
		},
		Request: requestXML{requestID()},
	}, "", "  ")
}

// text is a field as an XML element's text. A fault's JSON string loses its quotes.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case json.RawMessage:
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
		return string(v)
	default:
		return fmt.Sprint(v)
	}
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

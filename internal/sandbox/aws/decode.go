package aws

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// maxEncoded bounds an encoded message.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
const maxEncoded = 10240

// decodeMessage decodes why a request was refused. AWS encrypts its messages; the sandbox's are JSON in base64 for addresses.
func (a *Account) decodeMessage(r *http.Request, call *Call, caller Credentials) (*harness.Reply, *fault) {
	message := r.PostForm.Get("EncodedMessage")
	if !within(message, 1, maxEncoded) {
		return a.unexpected(call, violated("encodedMessage"))
	}
	if !caller.may(a.h.Clock(), "sts:"+call.Action, "*") {
		return nil, notAuthorized(caller, call.Action, "*", true)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(message)
	if err != nil || !json.Valid(decoded) {
		return nil, &fault{"InvalidAuthorizationMessageException", "Invalid authorization message."}
	}
	return stsReply(call.Action, map[string]any{"DecodedMessage": string(decoded)}, "DecodedMessage"), nil
}

package credential

import (
	"encoding/json"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ProcessJSON writes credentials as the AWS CLI and SDKs read them of a credential_process: one line with one JSON object
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
func (c *AWS) ProcessJSON() ([]byte, error) {
	answer, err := json.Marshal(struct { //nolint:gosec // the answer that the client asked for
		Version         int
		AccessKeyId     string //nolint:revive,staticcheck // AWS's spelling is the contract
		SecretAccessKey string
		SessionToken    string
		Expiration      string
		AccountId       string `json:",omitempty"` //nolint:revive,staticcheck // as above
	}{1, c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal(), c.Expires.UTC().Format(time.RFC3339), c.AccountID})
	return append(answer, '\n'), err
}

// helperExpiry is the one way to write an expiry that every SDK reads right: local time, six fraction digits, always
// there, and the numeric offset. Go and Java go by the offset. Python drops it and compares what is left with the wall
// clock, so Z or another zone's time is wrong there by the difference to UTC, and a time without a fraction is an
// error. In Go's layout -07:00 (unlike Z07:00) never becomes Z, and .000000 (unlike .999999) keeps its zeros.
const helperExpiry = "2006-01-02T15:04:05.000000-07:00"

// HelperJSON writes the token as `databricks auth token` does, which is what SDKs expect of a program in
// databricks_cli_path: one JSON object with access_token, token_type and expiry, and nothing else. location must be the
// machine's own, time.Local, except in tests. Fractions below a microsecond are cut off. It fails on a token without a
// value or an end.
func (t *Token) HelperJSON(location *time.Location) ([]byte, error) {
	if t.AccessToken.IsZero() || t.Expires.IsZero() {
		return nil, ui.Errorf("workspace-token-incomplete", ui.LoginNeeded, "the workspace token is incomplete").
			With(ui.Command("dbxaccess login"))
	}
	return json.Marshal(struct { //nolint:gosec // the answer that the client asked for
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		Expiry      string `json:"expiry"`
	}{t.AccessToken.Reveal(), "Bearer", t.Expires.In(location).Format(helperExpiry)})
}

// MetadataJSON writes the token as Databricks clients read it of a metadata service: Python needs all three fields, Go an integer
// (https://github.com/databricks/databricks-sdk-go/blob/main/config/auth_metadata_service.go).
func (t *Token) MetadataJSON() ([]byte, error) {
	return json.Marshal(struct { //nolint:gosec // the answer that the client asked for
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresOn   int64  `json:"expires_on"` // seconds since 1970
	}{t.AccessToken.Reveal(), "Bearer", t.Expires.Unix()})
}

// ContainerJSON writes credentials as AWS's SDKs read them of a container's endpoint
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
func (c *AWS) ContainerJSON() ([]byte, error) {
	return json.Marshal(struct {
		AccessKeyId     string //nolint:revive,staticcheck // AWS's spelling is the contract
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountId       string `json:",omitempty"` //nolint:revive,staticcheck // as above
	}{c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal(), c.Expires.UTC().Format(time.RFC3339), c.AccountID})
}

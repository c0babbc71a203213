package httpclient

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAnEndpointIsAnAddressAndNothingBehindIt(t *testing.T) {
	t.Parallel()
	ofAWS := func(host string) bool { return host == "sts.amazonaws.com" }
	for override, want := range map[string]ui.Code{
		"": ui.Done, "https://sts.amazonaws.com": ui.Done, "https://STS.amazonaws.com": ui.Done,
		"https://sts.acme.example": ui.Done, "http://127.0.0.1:9000/sts": ui.Done,
		"https://sts.amazonaws.com?Action=GetCallerIdentity": ui.Failed, "http://127.0.0.1:9000/?a=b": ui.Failed,
		"https://sts.acme.example?a":  ui.Failed,
		"https://sts.amazonaws.com#a": ui.Failed, "https://a:b@sts.amazonaws.com": ui.Failed, "http://sts.amazonaws.com": ui.Failed,
		"https://evil.example": ui.Refused,
	} {
		got, err := CheckEndpoint("AWS_ENDPOINT_URL_STS", override, []string{"sts.acme.example"}, ofAWS)
		if ui.CodeOf(err) != want || err == nil && got != override || err != nil && got != "" {
			t.Errorf("%q: %q, %v", override, got, err)
		}
	}
}

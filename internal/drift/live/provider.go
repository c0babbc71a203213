package live

import (
	"context"
	"encoding/xml"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// provider reads an OpenID Connect identity provider.
func (r *reading) provider(ctx context.Context, providerARN string) error {
	got, err := ask(ctx, r, "iam:GetOpenIDConnectProvider", func(ctx context.Context) (*awsiam.GetOpenIDConnectProviderOutput, error) {
		return r.iam.GetOpenIDConnectProvider(ctx, &awsiam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &providerARN})
	})
	switch {
	case errors.Is(err, errMissing):
		r.into.Providers = append(r.into.Providers, drift.Provider{ARN: providerARN, Missing: true})
		return nil
	case err != nil:
		return r.noted(err, drift.Unread{ARN: providerARN, Part: drift.PartProvider})
	}
	provider := drift.Provider{ARN: providerARN, URL: ui.Clean(aws.ToString(got.Url))}
	for _, audience := range got.ClientIDList {
		provider.Audiences = append(provider.Audiences, ui.Clean(audience))
	}
	provider.Context, err = contextIn(r.wire.last)
	r.into.Providers = append(r.into.Providers, provider)
	return r.noted(err, drift.Unread{ARN: providerARN, Part: drift.PartContext})
}

// contextAnswer is what an answer of GetOpenIDConnectProvider has beside what this version of the SDK reads.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextProvider.html
type contextAnswer struct {
	Context *struct {
		SubjectSourceKey, SubjectTypeSourceKey, SubjectTypeValue string

		Keys []struct{ SourceKey, TargetKey string } `xml:"KeyDefinitionList>member"`
	} `xml:"GetOpenIDConnectProviderResult>ContextProvider"`
}

// contextIn reads the context provider out of an answer; nil where it has none. An IAM that does not know context providers
// answers the same way as one whose provider has none.
func contextIn(answer []byte) (*drift.ContextProvider, error) {
	var read contextAnswer
	if err := xml.Unmarshal(answer, &read); err != nil {
		return nil, &unreadError{"IAM's answer can't be read"}
	}
	c := read.Context
	if c == nil {
		return nil, nil
	}
	provider := &drift.ContextProvider{
		SubjectSourceKey: ui.Clean(c.SubjectSourceKey), SubjectType: ui.Clean(c.SubjectTypeValue),
		SubjectTypeSourceKey: ui.Clean(c.SubjectTypeSourceKey), Keys: map[string]string{},
	}
	for _, key := range c.Keys {
		name := key.TargetKey
		if name == "" { // the key is called as the claim is
			name = key.SourceKey
		}
		provider.Keys[ui.Clean(name)] = ui.Clean(key.SourceKey)
	}
	return provider, nil
}

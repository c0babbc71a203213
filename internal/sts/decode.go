package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxEncoded bounds an encoded message and what it holds, in bytes: STS takes 10,240.
const maxEncoded = 10240

// Encoded is a message for DecodeMessage.
type Encoded struct {
	Credentials *Credentials
	Role        string // of the access map, for messages
	Region      string
	Message     string // as AWS wrote it behind "Encoded authorization failure message"
}

// DecodeMessage returns what a message holds, as JSON. The caller needs sts:DecodeAuthorizationMessage, which few roles have.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
func (c *Client) DecodeMessage(ctx context.Context, in Encoded) (string, error) {
	if in.Message == "" || len(in.Message) > maxEncoded {
		return "", ui.Errorf("encoded-message-size", ui.Failed, "the encoded message has %d characters, STS takes 1 to %d", len(in.Message), maxEncoded).
			With(ui.Advice("paste it whole, with nothing behind it"))
	}
	about := askingSTS("the meaning of the encoded message", in.Region)
	about.own = in.explain
	client, err := c.client(about, in.Credentials)
	if err != nil {
		return "", err
	}
	out, err := ask(ctx, about, func(ctx context.Context) (*sts.DecodeAuthorizationMessageOutput, error) {
		return client.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String(in.Message)})
	})
	if err != nil {
		return "", err
	}
	if text := aws.ToString(out.DecodedMessage); text != "" {
		return text, nil
	}
	return "", about.noAnswer("STS answered without a decoded message")
}

// explain knows the refusals that only this call has.
func (in Encoded) explain(code, said string) error {
	switch code {
	case "AccessDenied":
		return ui.Errorf("decode-refused", ui.Refused, "AWS does not let role %s decode the message: %s", in.Role, said).
			With(ui.Advice("it takes sts:DecodeAuthorizationMessage; whoever has that can run: aws sts decode-authorization-message --encoded-message MESSAGE"))
	case "InvalidAuthorizationMessage":
		return ui.Errorf("encoded-message-invalid", ui.Failed, "STS can't decode the message: %s", said).
			With(ui.Advice("paste it whole; it is for the account that the refused request was made in"))
	}
	return nil
}

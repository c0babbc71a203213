package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// DecodeMessage has STS decode the message that AWS encodes a reason in, with credentials of a role, which is JSON. Errors
// are those of Credentials, and Refused where the role may not do that.
func (b *Broker) DecodeMessage(ctx context.Context, r Request, message string) (string, error) {
	view, err := b.view()
	if err != nil {
		return "", err
	}
	if r, err = b.Resolve(ctx, r); err != nil {
		return "", err
	}
	it, err := b.serve(ctx, r, b.aws())
	if err != nil {
		return "", err
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return "", err
	}
	return b.parts.STS.DecodeMessage(ctx, sts.Encoded{Credentials: it.Credentials, Role: r.Role, Region: role.Region, Message: message})
}

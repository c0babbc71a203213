package broker

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts/console"
)

// ConsoleTarget is what AWS's console shows first.
type ConsoleTarget = console.Target

// ConsoleServices are services of the console that people open.
func ConsoleServices() []string { return console.Services() }

// ConsoleLink returns a link that signs a browser in to the AWS console as a role, at a target, and when that ends. The link is a
// key for fifteen minutes. endpoint is that of AWS's sign-in, "" for the usual one. What is no target, and a partition without a
// console that we know, are errors before any credentials are asked for; others are those of Credentials.
func (b *Broker) ConsoleLink(ctx context.Context, r Request, target ConsoleTarget, endpoint string) (link secret.String, ends time.Time, err error) {
	view, err := b.view()
	if err != nil {
		return link, ends, err
	}
	if role := view.Map.Roles[r.Role]; role != nil && role.AWS != nil {
		if err := console.Check(role.AWS.RoleARN, role.AWS.Region); err != nil {
			return link, ends, err
		}
		if err := target.Check(role.AWS.RoleARN, role.AWS.Region); err != nil {
			return link, ends, err
		}
	}
	if r, err = b.Resolve(ctx, r); err != nil {
		return link, ends, err
	}
	r = b.asks(r)
	it, err := b.serve(ctx, r, b.ofConsole(r))
	if err != nil {
		return link, ends, err
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return link, ends, err
	}
	link, err = console.SignInURL(ctx, b.parts.STS.HTTP, console.Page{
		Credentials: it.Credentials, RoleARN: role.RoleARN, Region: role.Region, Target: target, Endpoint: endpoint, TrustedHosts: b.parts.STS.TrustedHosts,
		Hosts: b.parts.STS.Hosts,
	})
	record := b.recordOfItem(audit.Console, r, it)
	record.Refused = err
	if recordErr := b.record(ctx, record); err == nil {
		err = recordErr
	}
	if err != nil {
		return secret.String{}, time.Time{}, err
	}
	return link, it.Expires, nil
}

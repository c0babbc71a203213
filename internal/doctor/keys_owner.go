package doctor

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ownkeys"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// KeyOwner asks AWS and Databricks whose a key is, with the key itself.
type KeyOwner struct {
	AWS        *sts.Client
	Region     string // of STS that is asked
	Databricks *databricks.Client
}

// Ask tells whose a key is, by who issued it. The error is that of sts and databricks, or says why nobody was asked.
func (o KeyOwner) Ask(ctx context.Context, k ownkeys.Key) (string, error) {
	switch {
	case k.OfAWS():
		if k.AccessID.IsZero() || k.Secret.IsZero() {
			return "", errors.New("only one half of it was found")
		}
		caller, err := o.AWS.CallerIdentity(ctx, &sts.Credentials{AccessKeyID: k.AccessID.Reveal(), SecretAccessKey: k.Secret, SessionToken: secret.New("")}, o.Region)
		if err != nil {
			return "", err
		}
		return caller.ARN, nil
	case !k.IsToken():
		return "", errors.New("a service principal's secret is not tried: that would sign in as it")
	case k.Host == "":
		return "", errors.New("its workspace is not known")
	}
	me, err := o.Databricks.Me(ctx, &databricks.Token{Host: k.Host, AccessToken: k.Secret})
	if err != nil {
		return "", err
	}
	return me.UserName + " at " + ui.Host(k.Host), nil
}

// askOwner asks who issued a key whether it works.
func askOwner(ctx context.Context, owner func(context.Context, ownkeys.Key) (string, error), k ownkeys.Key) Finding {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	who, err := owner(ctx, k)
	f := Finding{Subject: k.String()}
	switch {
	case err == nil:
		f.ID, f.Status, f.What = "static-key-works", Fault, named(k)+" works: it is that of "+who
		f.Fix = ui.Advice(k.Remedy)
	case ui.IDOf(err) == sts.UnknownCredentials, ui.IDOf(err) == databricks.BearerRefused:
		f.ID, f.Status, f.What = "static-key-dead", OK, named(k)+" does not work any more: it was revoked, has expired, or never was one"
	default:
		f = failed(Skipped, "static-key-untried", f.Subject, "not tried: "+ui.Told(err), err)
		f.Why = ""
	}
	return f
}

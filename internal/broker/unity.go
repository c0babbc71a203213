package broker

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// unityCredentials are AWS credentials that Unity Catalog vends to the principal that the workspace's token stands for.
type unityCredentials struct {
	workspaceToken

	broker *Broker // for the token
}

func (unityCredentials) activity() audit.Activity { return audit.Vend }

func (k unityCredentials) key(r Request) (string, error) { return r.Key(k.mapPath), CheckRequest(r) }

func (k unityCredentials) order(ctx context.Context, e entitlement) (*order, error) {
	asks := e.request.Agent
	if asks != "" {
		if err := k.forAgent(e); err != nil {
			return nil, err
		}
		e.request.Agent = "" // the token that asks is the person's, and goes nowhere else
	}
	o, err := k.workspaceToken.order(ctx, e)
	if err == nil {
		o.request.Agent, o.request.Run = asks, e.request.Run
		o.binding.Agent, o.binding.Vended, o.binding.Run = asks, e.request.From.String(), e.request.Run
	}
	return o, err
}

// vendedLife is how long Unity Catalog's credentials live. They can't be asked for shorter ones.
const vendedLife = time.Hour

// forAgent refuses an agent what is not for reading, as a service credential may be for anything, lives too long, or may be of data that
// it is not given: the map's datasets say nothing of Unity Catalog's. An agent that may have no token of the workspace gets nothing by it.
func (k unityCredentials) forAgent(e entitlement) error {
	if _, _, err := e.m.AgentEffective(e.request.Agent, e.request.Role, nil); err != nil {
		return err
	}
	if _, _, err := e.m.AgentScopes(e.request.Agent, e.request.Role, e.request.Workspace); err != nil {
		return err
	}
	rule := e.m.Agent(e.request.Agent)
	switch {
	case e.request.From.By == credential.ServiceCredential:
		return agentNotNarrowable(e, ui.Errorf("", ui.Refused, "the %s is for all that its role at AWS may do", e.request.From))
	case !slices.Contains(rule.Words(), accessmap.Read):
		return agentNotNarrowable(e, ui.Errorf("", ui.Refused, "the access map lets the agent read nothing, and it would be vended the %s", e.request.From))
	case !rule.AllDatasets:
		return agentNotNarrowable(e, ui.Errorf("", ui.Refused, "the access map gives the agent some datasets, which say nothing of the %s", e.request.From).
			With(ui.Advice("name one of these with --scope instead")))
	case e.terms.MaxLife < vendedLife:
		return agentTooLong(e, "what Unity Catalog vends lives for "+accessmap.Span(vendedLife), e.terms.MaxLife)
	}
	return agentReads(e)
}

// tokenLife: no ID token is sent. Whether the workspace's token needs a new one is its own line's business.
func (unityCredentials) tokenLife(*order, time.Duration) time.Duration { return 0 }

func (unityCredentials) tokenRefused(error) bool { return false }

// ask asks with the workspace's token as it is cached or made, by its own line and under its own lock. One that the
// workspace no longer takes is replaced, once.
func (k unityCredentials) ask(ctx context.Context, o *order) (*item, error) {
	r := Request{Identity: o.request.Identity, Role: o.request.Role, Workspace: o.request.Workspace, Reason: o.request.Reason, Run: o.request.Run}
	token, err := k.broker.token(ctx, r)
	if err != nil {
		return nil, err
	}
	vending := vending(o.request.From)
	vending.Principal = cmp.Or(o.role.ServicePrincipal, o.session().Email)
	vended, err := k.databricks.Vend(ctx, token, vending)
	if ui.IDOf(err) == "workspace-token-refused" {
		if newer, otherErr := k.broker.anotherToken(ctx, r, token); newer != nil || otherErr != nil {
			if otherErr != nil {
				return nil, otherErr
			}
			vended, err = k.databricks.Vend(ctx, newer, vending)
		}
	}
	if err != nil {
		return nil, err
	}
	keys, err := sts.Checked("Unity Catalog at "+token.Host, "the host of the workspace in the access map", sts.Credentials{
		AccessKeyID: vended.AccessKeyID, SecretAccessKey: vended.SecretAccessKey, SessionToken: vended.SessionToken,
		Expires: vended.Expires, Reaches: vended.Location, AccessPoint: vended.AccessPoint, RequestID: vended.RequestID,
	}, k.broker.parts.Now())
	if err != nil {
		return nil, err
	}
	return &item{Credentials: keys, Expires: keys.Expires}, nil
}

// anotherToken is a token in place of one that the workspace no longer takes, as happens to one that was revoked there. nil
// where the refused one was made a moment ago: the next would be refused as well.
func (b *Broker) anotherToken(ctx context.Context, r Request, refused *databricks.Token) (*databricks.Token, error) {
	key, err := b.workspace().key(r)
	if err != nil {
		return nil, err
	}
	it, err := b.cached(ctx, key)
	if err != nil {
		return nil, err
	}
	if it != nil && it.Token != nil && it.Token.AccessToken.Reveal() == refused.AccessToken.Reveal() {
		if b.parts.Now().Sub(it.IssuedAt) < freshToken {
			return nil, nil
		}
		b.parts.Log.Debug("the workspace no longer takes its token, which is made anew", "host", refused.Host)
		if err := b.parts.Store.Delete(ctx, key); err != nil {
			return nil, err
		}
		if err := b.renewBeside(ctx, r); err != nil {
			return nil, err
		}
	}
	return b.token(ctx, r)
}

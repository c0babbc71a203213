package broker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// narrowed is the session at the end of the chain once STS has narrowed it by all that could not go along with it: a permission
// set's by the session policy, any by the layer over that. What it was made from is recorded, as CloudTrail shows both, and used
// for nothing else.
func (k awsCredentials) narrowed(ctx context.Context, o *order, at *step) (*sts.Credentials, error) {
	var policies []string
	var life time.Duration
	if o.binding.Scoped {
		policies, life = append(policies, o.policy), o.lasting(k.now())
	}
	if o.layer != "" {
		policies = append(policies, o.layer)
	}
	return k.layers(ctx, o, at, policies, life)
}

// layers has STS narrow a session by one policy after another, the first for so long; 0 is all of its life.
func (k awsCredentials) layers(ctx context.Context, o *order, at *step, policies []string, life time.Duration) (*sts.Credentials, error) {
	in := sts.Scoped{FromRole: at.of, Region: o.hops[len(o.hops)-1].Region, Description: o.description(), Duration: life}
	for _, in.Policy = range policies {
		if err := k.recordStep(ctx, o, at); err != nil {
			return nil, err
		}
		in.From = at.Credentials
		scoped, err := k.sts.ScopedCredentials(ctx, in)
		if err != nil {
			return nil, err
		}
		scoped.ParentKeyID, scoped.ScopedPolicies = at.AccessKeyID, scoped.Layers
		scoped.Credentials.RequestID, scoped.SourceIdentity = scoped.RequestID, at.SourceIdentity
		at, in.Duration = &step{Credentials: &scoped.Credentials, of: at.of}, 0
	}
	return at.Credentials, nil
}

// untilByScoping has STS put the end of a grant on a permission set that nothing else narrows. Where it can't, the permission set is
// given as it is: what it may do is what the map gives, and only AWS's own clock is missing.
func (o *order) untilByScoping() *order {
	ends := *o
	ends.policy, ends.otherwise = iam.EverythingUntil(o.terms.Until).JSON(), o
	ends.binding.Scoped, ends.binding.PolicyDigest = true, policyDigest(ends.policy, "")
	return &ends
}

// description tells in CloudTrail what a narrower session is for. It is cut at its end, so what tells who did it for what comes
// first, and the scope, which may be as long as one likes, last. What a person or a program wrote is quoted wherever it has more than
// plain characters, so that no reason reads as further fields, cut or not.
func (o *order) description() string {
	text := "dbxaccess role=" + o.role.Role
	for _, part := range []struct{ name, value string }{
		{"run", o.request.Run}, {"agent", o.request.Agent}, {"reason", o.request.Reason}, {"scope", strings.Join(o.request.SortedScope(), ",")},
	} {
		if part.value != "" {
			text += " " + part.name + "=" + quoted(part.value)
		}
	}
	return sts.ScopedDescription(text)
}

// quoted is a value as one word: as it is, or in double quotes, with escapes, in ASCII.
func quoted(value string) string {
	if ui.IsPlain(value, "-_./:@+,") {
		return value
	}
	return strconv.QuoteToASCII(value)
}

// scopingName is that of what is remembered of a permission set whose sessions STS does not narrow.
func scopingName(set accessmap.Hop) string {
	return "scoping " + set.AccountID + "/" + set.RoleName + " " + set.Region
}

// TakenOtherwise returns the ARN of the role that is assumed for a request because STS lately did not narrow the permission set that
// the map names first, and why it did not. "" and nil is as the map has it, as far as is known: nothing is asked.
func (b *Broker) TakenOtherwise(r Request) (roleARN string, why error) {
	view, err := b.view()
	if err != nil {
		return "", nil //nolint:nilerr // who asks for the role is told
	}
	identity, err := access.Identity(view.Map, r.Identity)
	if err != nil {
		return "", nil //nolint:nilerr // as above
	}
	way, err := view.Map.Way(r.Role, identity.Method())
	if err != nil || way.Otherwise == nil {
		return "", nil //nolint:nilerr // as above
	}
	if why = b.parts.Failures.Missing(scopingName(way.Hops[0])); why != nil {
		roleARN = way.Otherwise[len(way.Otherwise)-1].RoleARN
	}
	return roleARN, why
}

// knownUnscoped is why STS lately did not narrow the session, where there is another way; nil where that is not known.
func (k awsCredentials) knownUnscoped(o *order) error {
	if o.otherwise == nil {
		return nil
	}
	return k.missing.Missing(scopingName(o.hops[0]))
}

// askOtherwise takes the other way from the same first step, since STS does not narrow the session there.
func (k awsCredentials) askOtherwise(ctx context.Context, o *order, first *step, refused error) (*item, error) {
	way := ui.Warning{ID: "scoping-otherwise", What: fmt.Sprintf("the role %s is taken through %s, for 1 h at most", o.role.Role, o.otherwise.binding.RoleARN)}
	if o.otherwise.binding.RoleARN == "" {
		way = ui.Warning{ID: "grant-end-unenforced", What: fmt.Sprintf(
			"AWS does not hold the credentials of role %s to the end of its grant, %s: copies of them work for as long as IAM Identity Center lets them",
			o.role.Role, accessmap.Until(o.terms.Until))}
	}
	way.Why = refused.Error()
	k.console.Remark(way)
	it, err := k.walk(ctx, o.otherwise, first)
	if sts.NotScoped(err) { // the layer over its session policy
		err = unscoped(o.otherwise, err)
	}
	if ui.CodeOf(err) == ui.Refused && !sts.TokenRefused(err) {
		return nil, ui.Errorf("scoping-impossible", ui.Refused, "the role %s can't be narrowed to what the access map gives: %w; and its role_arn can't be assumed instead: %w",
			o.role.Role, refused, err).With(ui.FixOf(err), ui.Advice("or:"), ui.FixOf(refused))
	}
	if err != nil {
		return nil, err
	}
	it.Binding = o.otherwise.binding
	k.missing.RememberMissing(scopingName(o.hops[0]), refused)
	return it, nil
}

// unscoped is the refusal where what narrows a session can't be put on it. It must not be used without.
func unscoped(o *order, err error) error {
	otherwise := ui.Advice("a role_arn beside the permission set in the access map would be assumed instead")
	if o.layer != "" {
		otherwise = ui.Advice("narrow it to datasets whose policy has room in one piece: --scope DATASET")
	}
	return ui.Errorf("scoping-impossible", ui.Refused, "the role %s can't be narrowed to what the access map gives: %w", o.role.Role, err).
		With(ui.FixOf(err), otherwise)
}

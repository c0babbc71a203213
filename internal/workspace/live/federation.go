package live

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// policiesPage is how many federation policies are asked for at once.
const policiesPage = 100

// policy is a federation policy that stands, and the number of its service principal.
type policy struct {
	plan.Object
	number string
}

// readPolicy finds the policy of a name, or another that says the same.
func (l *Live) readPolicy(ctx context.Context, want *plan.Object) (*plan.Object, *plan.Finding, error) {
	number := ""
	if want.Of != "" {
		var err error
		if number, err = l.number(ctx, want.Of); err != nil {
			return nil, nil, err
		}
		if number == "" {
			f := plan.About("workspace-principal-missing", want, "the account has no service principal with the application ID "+want.Of, ui.Advice("make it at the account"))
			return nil, &f, nil
		}
	}
	if err := l.list(ctx, number); err != nil {
		return nil, nil, err
	}
	var named *plan.Object
	for _, p := range l.policies[number] {
		have := p.Object
		if have.Says(want) {
			have.Name = want.Name // whatever it is called
			return &have, nil, nil
		}
		if have.Name == want.Name {
			named = &have
		}
	}
	if named == nil {
		return &plan.Object{Kind: want.Kind, Name: want.Name, ID: number, Absent: true}, nil, nil
	}
	return named, nil, nil
}

// number is by what the account's API knows a service principal, "" where there is none: it is not the application ID.
func (l *Live) number(ctx context.Context, applicationID string) (number string, err error) {
	path := "/api/2.0/accounts/" + l.c.SDK().ConfiguredAccountID() + "/scim/v2/ServicePrincipals"
	err = scim(ctx, l, path, "applicationId eq "+quoted(applicationID), "id,applicationId", func(p iam.AccountServicePrincipal) {
		if _, wrong := strconv.ParseUint(p.Id, 10, 63); wrong == nil && strings.EqualFold(p.ApplicationId, applicationID) {
			number = p.Id
		}
	})
	return number, err
}

// list reads the policies of a service principal, or the account's own.
func (l *Live) list(ctx context.Context, number string) error {
	if _, read := l.policies[number]; read {
		return nil
	}
	list := []policy{}
	add := func(p oauth2.FederationPolicy) {
		o := plan.Object{Kind: plan.Federation, Name: p.PolicyId, ID: number, Fields: map[string]string{}, Sets: map[string][]string{}}
		if p.OidcPolicy != nil {
			o.Fields[plan.FieldIssuer], o.Fields[plan.FieldSubjectClaim] = p.OidcPolicy.Issuer, p.OidcPolicy.SubjectClaim
			if o.Fields[plan.FieldSubjectClaim] == "" {
				o.Fields[plan.FieldSubjectClaim] = "sub"
			}
			if p.OidcPolicy.Subject != "" {
				o.Fields[plan.FieldSubject] = p.OidcPolicy.Subject
			}
			if o.Sets[plan.SetAudiences] = slices.Sorted(slices.Values(p.OidcPolicy.Audiences)); len(p.OidcPolicy.Audiences) == 0 {
				o.Sets[plan.SetAudiences] = []string{l.c.SDK().ConfiguredAccountID()} // which stands for none
			}
		}
		list = append(list, policy{o, number})
	}
	path := "/api/2.0/accounts/" + l.c.SDK().ConfiguredAccountID()
	if number != "" {
		path += "/servicePrincipals/" + number
	}
	path += "/federationPolicies"
	err := l.pages(path, func(page string) (string, error) {
		query := map[string]any{"page_size": policiesPage}
		if page != "" {
			query["page_token"] = page
		}
		var answer oauth2.ListFederationPoliciesResponse
		err := l.ask(ctx, http.MethodGet, path, query, &answer)
		for _, p := range answer.Policies {
			add(p)
		}
		return answer.NextPageToken, err
	})
	if err != nil {
		return err
	}
	if l.policies == nil {
		l.policies = make(map[string][]policy)
	}
	l.policies[number] = list
	return nil
}

func integer(number string) int64 {
	n, _ := strconv.ParseInt(number, 10, 64) // number has checked it
	return n
}

// extra are policies that were made for a map, where the wanted are too, and are none of these.
func (l *Live) extra(w *plan.Wanted) (list []plan.Object) {
	for number := range l.policies {
		for _, p := range l.policies[number] {
			wanted := slices.ContainsFunc(w.Objects, func(o plan.Object) bool { return o.Kind == plan.Federation && o.Name == p.Name })
			if !wanted && w.Made(p.Name) {
				list = append(list, p.Object)
			}
		}
	}
	return list
}

// oidc is what a policy compares, of an object that has to stand.
func oidc(o *plan.Object) *oauth2.OidcFederationPolicy {
	return &oauth2.OidcFederationPolicy{
		Issuer: o.Fields[plan.FieldIssuer], Audiences: o.Sets[plan.SetAudiences], SubjectClaim: o.Fields[plan.FieldSubjectClaim], Subject: o.Fields[plan.FieldSubject],
	}
}

func (l *Live) writePolicy(ctx context.Context, c *plan.Change) error {
	own, principals := oauth2.NewAccountFederationPolicy(l.c.SDK()), oauth2.NewServicePrincipalFederationPolicy(l.c.SDK())
	number := integer(c.Have.ID)
	if c.Action == plan.Delete {
		if c.Have.ID == "" {
			return own.Delete(ctx, oauth2.DeleteAccountFederationPolicyRequest{PolicyId: c.Have.Name})
		}
		return principals.Delete(ctx, oauth2.DeleteServicePrincipalFederationPolicyRequest{ServicePrincipalId: number, PolicyId: c.Have.Name})
	}
	said := oauth2.FederationPolicy{Description: comment, OidcPolicy: oidc(c.Want)}
	var err error
	switch made := c.Action == plan.Create; {
	case made && c.Have.ID == "":
		_, err = own.Create(ctx, oauth2.CreateAccountFederationPolicyRequest{Policy: said, PolicyId: c.Want.Name})
	case made:
		_, err = principals.Create(ctx, oauth2.CreateServicePrincipalFederationPolicyRequest{ServicePrincipalId: number, Policy: said, PolicyId: c.Want.Name})
	case c.Have.ID == "":
		_, err = own.Update(ctx, oauth2.UpdateAccountFederationPolicyRequest{PolicyId: c.Want.Name, Policy: said, UpdateMask: "oidc_policy"})
	default:
		_, err = principals.Update(ctx, oauth2.UpdateServicePrincipalFederationPolicyRequest{
			ServicePrincipalId: number, PolicyId: c.Want.Name, Policy: said, UpdateMask: "oidc_policy",
		})
	}
	return err
}

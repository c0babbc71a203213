package live

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/catalog"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// comment is what a credential says of who made it.
const comment = "Made by dbxaccess for the access map"

// Made is what Databricks made of a credential, and the access map has to know.
type Made struct {
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
	// UnityRole is the role of Databricks that takes the credential's.
	UnityRole string `json:"unity_catalog_iam_arn"`
}

func (l *Live) readCredential(ctx context.Context, want *plan.Object) (*plan.Object, error) {
	c, err := catalog.NewCredentials(l.c.SDK()).GetCredential(ctx, catalog.GetCredentialRequest{NameArg: want.Name})
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &plan.Object{Kind: want.Kind, Name: want.Name, Fields: map[string]string{plan.FieldPurpose: string(c.Purpose)}}
	if c.AwsIamRole != nil {
		if err := l.pasted(c.AwsIamRole.ExternalId); err != nil {
			return nil, err
		}
		have.Fields[plan.FieldRoleARN], have.Fields[plan.FieldExternalID] = c.AwsIamRole.RoleArn, c.AwsIamRole.ExternalId
	}
	return have, nil
}

// writeCredential makes or changes one without having Databricks try it: its role can't trust an external id that is not made yet.
func (l *Live) writeCredential(ctx context.Context, c *plan.Change) (*Made, error) {
	role := &catalog.AwsIamRole{RoleArn: c.Want.Fields[plan.FieldRoleARN]}
	api := catalog.NewCredentials(l.c.SDK())
	if c.Action != plan.Create {
		_, err := api.UpdateCredential(ctx, catalog.UpdateCredentialRequest{NameArg: c.Want.Name, AwsIamRole: role, SkipValidation: true})
		return nil, err
	}
	created, err := api.CreateCredential(ctx, catalog.CreateCredentialRequest{
		Name: c.Want.Name, Purpose: catalog.CredentialPurpose(c.Want.Fields[plan.FieldPurpose]), AwsIamRole: role, SkipValidation: true, Comment: comment,
	})
	if err != nil || created.AwsIamRole == nil {
		return nil, err
	}
	if err := l.pasted(created.AwsIamRole.ExternalId); err != nil {
		return nil, err
	}
	return &Made{plan.Clean(c.Want.Name), plan.Clean(created.AwsIamRole.ExternalId), plan.Clean(created.AwsIamRole.UnityCatalogIamArn)}, nil
}

// pasted refuses an external id that is none: people write it into the access map as it is shown, where other characters would be more
// than a text. Databricks' are UUIDs.
func (l *Live) pasted(externalID string) error {
	if externalID != "" && !identifier(externalID) {
		return l.unusual("the external id of a credential", "is none")
	}
	return nil
}

// Validate has Databricks try the credentials that stand. A storage credential is tried on a location of its role's data.
func (l *Live) Validate(ctx context.Context, objects []plan.Object) (findings []plan.Finding, err error) {
	for i := range objects {
		o := &objects[i]
		if o.Kind != plan.Credential || o.Fields[plan.FieldPurpose] == "STORAGE" && o.Place == "" {
			continue
		}
		answer, err := catalog.NewCredentials(l.c.SDK()).ValidateCredential(ctx, catalog.ValidateCredentialRequest{
			CredentialName: o.Name, Url: o.Place, Purpose: catalog.CredentialPurpose(o.Fields[plan.FieldPurpose]), ReadOnly: o.Place != "",
		})
		switch {
		case status(err) == http.StatusForbidden:
			findings = append(findings, plan.Beside("workspace-not-read", o, l.explain(o, "to try", err).Error(), ui.Advice("ask the credential's owner, or who has MANAGE on it")))
			continue
		case err != nil:
			return nil, l.explain(o, "to try", err)
		}
		for _, r := range answer.Results {
			if r.Result == catalog.ValidateCredentialResultFail {
				findings = append(findings, plan.Beside("workspace-credential-fails", o, "Databricks tried it: "+r.Message, ui.Command("dbxaccess map trust "+first(o.Roles), "dbxaccess drift "+first(o.Roles))))
			}
		}
	}
	return findings, nil
}

func first(list []string) string { return append(slices.Clone(list), "")[0] }

// securable is what grants are on, as the API names it.
func securable(o *plan.Object) (kind, name string) {
	at := strings.LastIndexByte(o.Name, ' ')
	kind, name = strings.ReplaceAll(o.Name[:at], " ", "_"), o.Name[at+1:]
	if kind == "service_credential" {
		kind = "credential"
	}
	return kind, name
}

// readGrants reads the privileges of everybody on one thing, and keeps those of whom the map knows.
func (l *Live) readGrants(ctx context.Context, want *plan.Object) (*plan.Object, *plan.Finding, error) {
	kind, name := securable(want)
	have := &plan.Object{Kind: want.Kind, Name: want.Name, Sets: make(map[string][]string)}
	missing := false
	err := l.pages(want.Title(), func(page string) (string, error) {
		answer, err := catalog.NewGrants(l.c.SDK()).Get(ctx, catalog.GetGrantRequest{SecurableType: kind, FullName: name, PageToken: page})
		if missing = status(err) == http.StatusNotFound; missing {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		for _, a := range answer.PrivilegeAssignments {
			for principal := range want.Sets {
				if !strings.EqualFold(principal, a.Principal) {
					continue
				}
				for _, p := range a.Privileges {
					have.Sets[principal] = append(have.Sets[principal], string(p))
				}
			}
		}
		return answer.NextPageToken, nil
	})
	if missing {
		f := plan.About("workspace-securable-missing", want, "it is not there, or not yours to see", ui.Advice("make it, or have its owner grant you MANAGE on it, and apply again"))
		return nil, &f, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for principal, list := range have.Sets {
		slices.Sort(list)
		have.Sets[principal] = slices.Compact(list)
	}
	return have, nil, nil
}

func (l *Live) writeGrants(ctx context.Context, c *plan.Change) error {
	kind, name := securable(c.Want)
	byPrincipal := make(map[string]int)
	var changes []catalog.PermissionsChange
	for _, line := range c.Lines {
		at, known := byPrincipal[line.Field]
		if !known {
			at = len(changes)
			byPrincipal[line.Field], changes = at, append(changes, catalog.PermissionsChange{Principal: line.Field})
		}
		if line.Action == plan.Delete {
			changes[at].Remove = append(changes[at].Remove, catalog.Privilege(line.Before))
		} else {
			changes[at].Add = append(changes[at].Add, catalog.Privilege(line.After))
		}
	}
	_, err := catalog.NewGrants(l.c.SDK()).Update(ctx, catalog.UpdatePermissions{SecurableType: kind, FullName: name, Changes: changes})
	return err
}

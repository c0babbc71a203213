package desired

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// The roles of Databricks by which Unity Catalog takes the role of a storage credential:
// https://registry.terraform.io/providers/databricks/databricks/latest/docs/data-sources/aws_unity_catalog_assume_role_policy
const (
	masterCommercial = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
	masterGovCloud   = "arn:aws-us-gov:iam::044793339203:role/unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ"
	masterDoD        = "arn:aws-us-gov:iam::170661010020:role/unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS"
)

// masterRole is the one for a role in a partition, "" where Databricks is not. Both GovCloud kinds are in one partition; the hosts of their
// workspaces differ.
func masterRole(partition string, workspaces []accessmap.Workplace) string {
	switch partition {
	case "aws":
		return masterCommercial
	case "aws-us-gov":
		for _, w := range workspaces {
			if strings.HasSuffix(w.Host, ".databricks.mil") {
				return masterDoD
			}
		}
		return masterGovCloud
	}
	return ""
}

// controlPlane lets Databricks take a cross-account role: its own account at AWS, where its roles for Unity Catalog are too, by the IDs of
// the Databricks accounts whose workspaces name the role, or by any where the map does not say that of one.
// https://docs.databricks.com/aws/en/admin/account-settings-e2/credentials
func (b *builder) controlPlane(roleARN string) (trust iam.Document, anyAccount bool) {
	var statements []iam.Statement
	for _, name := range slices.Sorted(maps.Keys(b.m.Workspaces)) {
		w := b.m.Workspaces[name]
		if w.CrossAccountRole != roleARN {
			continue
		}
		partition := partitionOf(roleARN)
		master, err := arn.Parse(masterRole(partition, []accessmap.Workplace{{Workspace: w}}))
		if err != nil {
			return iam.Document{}, false
		}
		s := iam.RoleTrust(iam.Root(partition, master.AccountID), iam.AssumeActions(false, false), w.AccountID)
		if w.AccountID == "" {
			anyAccount = true
			s.Condition = iam.Conditions{"StringLike": {"sts:ExternalId": {"*"}}}
		}
		statements = append(statements, s)
	}
	return iam.Policy(merged(statements)...), anyAccount
}

// instance lets compute take the role, and notes by what.
func (b *builder) instance(r *role) []iam.Statement {
	for _, name := range r.For {
		if profile := b.m.Roles[name].InstanceProfile; profile != "" {
			if r.Instance != nil && r.Instance.ARN != profile {
				b.gap(Gap{
					ID: "instance-profiles-several", Role: name, What: r.ARN + " has the instance profiles " + r.Instance.ARN + " and " + profile + "; the first is told of",
					Fix: "name one of them at all roles of this ARN",
				})
				continue
			}
			r.Instance = &InstanceProfile{profile}
		}
	}
	if r.Instance == nil {
		return nil
	}
	return []iam.Statement{iam.InstanceTrust(iam.PartitionOfRole(r.ARN, ""))}
}

// credential lets Unity Catalog take the role for a storage or service credential: Databricks' role, and the role itself, both by the external id. To
// name its own account as principal, and the role by a condition, works before there is such a role.
// https://docs.databricks.com/aws/en/connect/unity-catalog/cloud-storage/s3/s3-external-location-manual
func (b *builder) credential(r *role) (trust, own []iam.Statement) {
	for _, name := range r.For {
		e, err := b.m.Effective(name)
		if err != nil {
			continue
		}
		for i, c := range []*accessmap.UnityCredential{b.m.Roles[name].StorageCredential, b.m.Roles[name].ServiceCredential} {
			if c == nil {
				continue
			}
			service := i == 1
			takes, stands := b.unity(r.ARN, e, service, c)
			if !stands {
				continue
			}
			trust = append(trust, takes...)
			own = append(own, iam.Statement{Effect: "Allow", Action: iam.AssumeActions(false, false), Resource: iam.Words{r.ARN}})
			b.credentials = append(b.credentials, credential{name, service, StorageCredential{c.Name, r.ARN, c.ExternalID}})
		}
	}
	return distinct(trust), distinct(own)
}

// unity is what lets Unity Catalog take a role for one credential; false where it never could.
func (b *builder) unity(roleARN string, e *accessmap.Effective, service bool, c *accessmap.UnityCredential) (trust []iam.Statement, stands bool) {
	kind := "storage"
	if service {
		kind = "service"
	}
	self, _ := arn.Parse(roleARN)
	master := masterRole(self.Partition, e.Workplaces)
	switch {
	case master == "":
		b.gap(Gap{ID: "storage-credential-elsewhere", Role: e.Role, What: "Databricks has no role for Unity Catalog in the partition " + self.Partition})
		return nil, false
	case c.ExternalID == "":
		b.gap(Gap{
			ID: "external-id-unknown", Role: e.Role, What: "the " + kind + " credential " + c.Name + " has no external_id in the map, so nothing lets Unity Catalog take " + roleARN,
			Fix: "make the credential (`dbxaccess workspace apply`), and write the external id that it or `databricks credentials get-credential " + c.Name + "` shows into the map",
		})
		return nil, true
	}
	assume := iam.AssumeActions(false, false)
	return []iam.Statement{
		iam.RoleTrust(master, assume, c.ExternalID),
		iam.RolesTrust(self.Partition, self.AccountID, []string{strings.TrimPrefix(self.Resource, "role/")}, assume, c.ExternalID),
	}, true
}

// credential is a credential of Unity Catalog, and the role of the map that has it.
type credential struct {
	role    string
	service bool
	StorageCredential
}

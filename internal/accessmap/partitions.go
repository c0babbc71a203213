package accessmap

import (
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// checkPartitions finds what is of two partitions of AWS. Roles of S3-compatible servers are in none.
func (m *Map) checkPartitions(r *report) {
	keys := false
	for name, dataset := range m.Datasets {
		keys = keys || dataset.KMSKey != ""
		if key, err := arn.Parse(dataset.KMSKey); err == nil && iam.PartitionOf(key.Region).Name != key.Partition {
			r.add(dataset.at, "the kms_key of dataset %s is in partition %s by its ARN and in %s by its region %s",
				name, key.Partition, iam.PartitionOf(key.Region).Name, key.Region)
		}
	}
	for name, role := range m.Roles {
		if role.AWS == nil || !iam.OfAWS(role.AWS.RoleARN) {
			continue
		}
		own, region := iam.PartitionOfRole(role.AWS.RoleARN, role.AWS.Region).Name, iam.PartitionOf(role.AWS.Region).Name
		if own != region {
			r.add(role.at, "role %s is in partition %s by its role_arn and in %s by its region %s", name, own, region, role.AWS.Region)
		}
		if before := m.Roles[role.AWS.Via]; before != nil && before.AWS != nil && iam.OfAWS(before.AWS.RoleARN) {
			if theirs := iam.PartitionOfRole(before.AWS.RoleARN, before.AWS.Region).Name; theirs != own {
				r.add(role.at, "role %s is in partition %s and assumed via role %s, which is in %s: credentials are of no use outside their partition",
					name, own, before.Name, theirs)
			}
		}
		if !keys {
			continue
		}
		for _, dataset := range m.allEffective()[role.Name].Datasets() {
			if key, err := arn.Parse(m.Datasets[dataset].KMSKey); err == nil && key.Partition != own {
				r.add(role.at, "role %s is in partition %s, and the kms_key of its dataset %s in %s", name, own, dataset, key.Partition)
			}
		}
	}
	m.checkCenterPartitions(r)
	m.checkAside(r)
	for _, role := range m.Roles {
		if role.AWS != nil {
			m.checkARNs(role, r)
		}
	}
}

// checkARNs finds managed policies that AWS would not take with the role, and statements about another partition's resources.
func (m *Map) checkARNs(role *Role, r *report) {
	if len(role.AWS.ManagedPolicies) == 0 && !role.hasStatements {
		return
	}
	ofAWS := iam.OfAWS(role.AWS.RoleARN)
	own := iam.PartitionOfRole(role.AWS.RoleARN, role.AWS.Region).Name
	named, _ := arn.Parse(role.AWS.RoleARN)
	for _, policy := range role.AWS.ManagedPolicies {
		switch of, _ := arn.Parse(policy); {
		case !ofAWS:
			r.add(role.at, "role %s is one of an S3-compatible server, which takes no managed_policies", role.Name)
			return
		case of.Partition != own:
			r.add(role.at, "role %s is in partition %s, and its managed policy %s in %s", role.Name, own, policy, of.Partition)
		case named.AccountID != "" && of.AccountID != "aws" && of.AccountID != named.AccountID:
			r.add(role.at, "role %s is in account %s, and its managed policy %s in %s; AWS takes those of the role's account and its own",
				role.Name, named.AccountID, policy, of.AccountID)
		}
	}
	if !role.hasStatements {
		return
	}
	for _, statement := range m.effective(role).Statements {
		for _, resource := range statement.Resources {
			if of, err := arn.Parse(resource); err == nil && ofAWS && of.Partition != own {
				r.add(role.at, "role %s is in partition %s, and the resource %s of a statement in %s", role.Name, own, resource, of.Partition)
			}
		}
	}
}

// checkCenterPartitions finds roles that an Identity Center of another partition gives.
func (m *Map) checkCenterPartitions(r *report) {
	for name, identity := range m.Identities {
		if identity.Method() != idp.IdentityCenter {
			continue
		}
		center := iam.PartitionOf(identity.SSORegion).Name
		for role := range m.gives[name] {
			if aws := m.Roles[role].AWS; aws != nil && aws.AccountID != "" {
				if own := iam.PartitionOf(aws.Region).Name; own != center {
					r.add(m.Roles[role].at, "role %s is in partition %s by its region %s, and the Identity Center of identity %s in %s",
						role, own, aws.Region, name, center)
				}
			}
		}
	}
}

// Package render writes what has to stand at AWS and Databricks in the forms that platform engineers review and apply: a
// module for Terraform, a template for CloudFormation, JSON.
//
// In comes a desired.State; out comes text, the same bytes for the same State. It asks nobody and reads no file. What a map
// says is text from others: no name, claim or description may end the string or comment that it stands in. No apply of what is
// written here may replace a policy that others have a part in, as those of keys and buckets are: their statements are handed
// out to be merged.
package render

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// policyName is what policies are called that are written into roles, so that they stand beside those of others.
const policyName = "dbxaccess"

// passRoleName is what the policy is called that lets a workspace pass roles.
const passRoleName = policyName + "-pass-role"

// MaxInlinePolicies bounds the inline policies of a role together, in characters without white space:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxInlinePolicies = 10_240

// Accounts are the AWS accounts that something has to stand in, sorted.
func Accounts(s *desired.State) []string {
	found := make(map[string]bool)
	for _, p := range s.Providers {
		found[accountOf(p.ARN)] = true
	}
	for _, r := range s.Roles {
		found[accountOf(r.ARN)] = true
	}
	for _, set := range s.PermissionSets {
		found[set.AccountID] = true
	}
	for _, p := range s.Databricks.PassRoles {
		found[accountOf(p.CrossAccountRole)] = true
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

// partitionOf is the partition of an ARN.
func partitionOf(text string) string {
	a, _ := arn.Parse(text)
	return a.Partition
}

// accountOf is the account of an ARN, "" for none.
func accountOf(text string) string {
	a, _ := arn.Parse(text)
	return a.AccountID
}

// gapsOf are the gaps of a role, by the roles of the map that it stands for.
func gapsOf(s *desired.State, r desired.Role) []desired.Gap {
	var found []desired.Gap
	for _, gap := range s.Gaps {
		if slices.Contains(r.For, gap.Role) {
			found = append(found, gap)
		}
	}
	return found
}

// own reports whether a provider is an entry of the account's, and not one that AWS has for everybody.
func own(p desired.Provider) bool { return accountOf(p.ARN) != "" }

// otherGaps are those that have no role to stand beside.
func otherGaps(s *desired.State) []desired.Gap {
	var found []desired.Gap
	for _, gap := range s.Gaps {
		if !slices.ContainsFunc(s.Roles, func(r desired.Role) bool { return slices.Contains(r.For, gap.Role) }) {
			found = append(found, gap)
		}
	}
	return found
}

// permissions are policies, without those that allow nothing.
func permissions(documents []iam.Document) []iam.Document {
	var found []iam.Document
	for _, document := range documents {
		if len(document.Statement) > 0 {
			found = append(found, document)
		}
	}
	return found
}

// fitInline reports whether a role may hold the policies inline.
func fitInline(documents []iam.Document) bool {
	size := 0
	for _, d := range documents {
		size += len([]rune(d.JSON()))
	}
	return size <= MaxInlinePolicies
}

// partName numbers the names of several policies of one role.
func partName(name string, part int) string {
	if part == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(part+1)
}

// handed are statements for policies that have one owner, and that to set would be to replace. They are handed out, to be merged.
type handed struct {
	output, title, description string // names in Terraform and CloudFormation
	policies                   []handedPolicy
}

type handedPolicy struct {
	of       string // ARN or name
	document iam.Document
}

// handedOut lists them for an account, or for all where it is "". Whose a bucket is, its name does not tell.
func handedOut(s *desired.State, account string) []handed {
	var keys, buckets, across, sets []handedPolicy
	for _, key := range s.Keys {
		if account == "" || accountOf(key.ARN) == account {
			keys = append(keys, handedPolicy{key.ARN, iam.Policy(key.Statements...)})
		}
	}
	for _, bucket := range s.Buckets {
		if len(bucket.Statements) > 0 {
			buckets = append(buckets, handedPolicy{bucket.Name, iam.Policy(bucket.Statements...)})
		}
		if len(bucket.Across) > 0 {
			across = append(across, handedPolicy{bucket.Name, iam.Policy(bucket.Across...)})
		}
	}
	for _, set := range s.PermissionSets {
		if account == "" || set.AccountID == account {
			for i, document := range permissions(set.Permissions) {
				sets = append(sets, handedPolicy{partName(set.AccountID+"/"+set.Name, i), document})
			}
		}
	}
	all := []handed{
		{"key_policies", "KeyPolicies", "Statements that the policies of KMS keys need, by the key's ARN.", keys},
		{"bucket_policies", "BucketPolicies", "Statements that the policies of buckets need, by the bucket's name.", buckets},
		{"bucket_policies_across_accounts", "BucketPoliciesAcrossAccounts", "Statements that a bucket needs too if it is in another account than the roles.", across},
		{"permission_set_policies", "PermissionSetPolicies", "What the inline policies of IAM Identity Center's permission sets have to allow, by account and name.", sets},
	}
	return slices.DeleteFunc(all, func(h handed) bool { return len(h.policies) == 0 })
}

package accessmap

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// inIAM is an ARN of IAM that the map names, and what names it.
type inIAM struct {
	at       position
	what, of string
	arn      string
}

// nameInIAM is what IAM has one of.
type nameInIAM struct{ partition, account, kind, name string }

// checkNames finds ARNs that can't both stand: IAM has one role of a name in an account, whatever its path and its case, and so one
// instance profile: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (m *Map) checkNames(r *report) {
	var all []inIAM
	add := func(at position, what, of, arn string) {
		if arn != "" {
			all = append(all, inIAM{at, what, of, arn})
		}
	}
	for _, role := range m.Roles {
		if role.AWS != nil && iam.OfAWS(role.AWS.RoleARN) {
			add(role.at, "role_arn of role", role.Name, role.AWS.RoleARN)
		}
		add(role.at, "instance_profile of role", role.Name, role.InstanceProfile)
	}
	for _, workspace := range m.Workspaces {
		add(workspace.at, "cross_account_role of workspace", workspace.Name, workspace.CrossAccountRole)
		add(workspace.at, "warehouse_profile of workspace", workspace.Name, workspace.WarehouseProfile)
	}
	slices.SortFunc(all, func(a, b inIAM) int { return a.at.compare(b.at) })
	first := make(map[nameInIAM]inIAM, len(all))
	for _, one := range all {
		named, err := arn.Parse(one.arn)
		if err != nil || named.AccountID == "" {
			continue
		}
		kind, path, _ := strings.Cut(named.Resource, "/")
		name := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
		key := nameInIAM{named.Partition, named.AccountID, kind, name}
		switch before, there := first[key]; {
		case !there:
			first[key] = one
		case before.arn != one.arn:
			r.add(one.at, "the %s %s is %s, and the %s %s is %s: IAM has one %s of a name in an account, whatever its path and its case",
				one.what, one.of, one.arn, before.what, before.of, before.arn, strings.ReplaceAll(kind, "-", " "))
		}
	}
}

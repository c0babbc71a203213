package accessmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// inIAM is an ARN of IAM that the map names, and what names it.
type inIAM struct {
	at        position
	what, arn string
}

// checkNames finds ARNs that can't both stand: IAM has one role of a name in an account, whatever its path and its case, and so one
// instance profile: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (m *Map) checkNames(r *report) {
	var all []inIAM
	for _, role := range m.Roles {
		if role.AWS != nil && iam.OfAWS(role.AWS.RoleARN) {
			all = append(all, inIAM{role.at, "role_arn of role " + role.Name, role.AWS.RoleARN})
		}
		all = append(all, inIAM{role.at, "instance_profile of role " + role.Name, role.InstanceProfile})
	}
	for _, workspace := range m.Workspaces {
		all = append(all, inIAM{workspace.at, "cross_account_role of workspace " + workspace.Name, workspace.CrossAccountRole})
		all = append(all, inIAM{workspace.at, "warehouse_profile of workspace " + workspace.Name, workspace.WarehouseProfile})
	}
	slices.SortFunc(all, func(a, b inIAM) int { return a.at.compare(b.at) })
	first := make(map[string]inIAM)
	for _, one := range all {
		named, err := arn.Parse(one.arn)
		if err != nil || named.AccountID == "" {
			continue
		}
		kind, path, _ := strings.Cut(named.Resource, "/")
		name := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
		key := fmt.Sprintf("%s/%s/%s/%s", named.Partition, named.AccountID, kind, name)
		switch before, there := first[key]; {
		case !there:
			first[key] = one
		case before.arn != one.arn:
			r.add(one.at, "the %s is %s, and the %s is %s: IAM has one %s of a name in an account, whatever its path and its case",
				one.what, one.arn, before.what, before.arn, strings.ReplaceAll(kind, "-", " "))
		}
	}
}

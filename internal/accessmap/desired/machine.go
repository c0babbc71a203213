package desired

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// The claims of tokens that AWS makes of a machine's credentials, as JSON pointers:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
const (
	machineClaims  = "/https:~1~1sts.amazonaws.com~1/"
	machineAccount = machineClaims + "aws_account"
	machineOrg     = machineClaims + "org_id"
	machineTag     = machineClaims + "principal_tags/"
)

// machine is the statement that lets in what a rule on such claims means: the roles of machines, by their ARN, account, organisation and
// tags, since it is with their credentials that the next role is assumed. ok is false, and open says why, where the rule asks for something
// else: then nobody is let in.
func machine(partition string, match map[string]string, actions iam.Words) (s iam.Statement, open []string) {
	on, account := make(iam.Conditions), ""
	s = iam.Statement{Effect: "Allow", Action: actions}
	for _, claim := range slices.Sorted(maps.Keys(match)) {
		rule := match[claim]
		parts := accessmap.Parts(rule)
		exact := len(parts) == 1 && parts[0].Wild == accessmap.Text
		role, err := arn.Parse(rule)
		tag, isTag := strings.CutPrefix(claim, machineTag)
		switch {
		case claim == "sub" && exact && err == nil && role.Service == "iam" && strings.HasPrefix(role.Resource, "role/"):
			s.Principal = map[string]iam.Words{"AWS": {rule}}
		case claim == "sub" && err == nil && iam.IsAccount(role.AccountID):
			account = role.AccountID
			newTexts(parts).add(on, "aws:PrincipalArn")
		case claim == machineAccount && exact && iam.IsAccount(rule):
			exactly(on, "aws:PrincipalAccount", rule)
			account = rule
		case claim == machineOrg && exact:
			exactly(on, "aws:PrincipalOrgID", rule)
		case isTag && tag != "":
			newTexts(parts).add(on, "aws:PrincipalTag/"+strings.NewReplacer("~1", "/", "~0", "~").Replace(tag))
		default:
			open = append(open, claim)
		}
	}
	s.Condition = on
	switch {
	case s.Principal != nil:
	case account != "":
		s.Principal = map[string]iam.Words{"AWS": {iam.Root(partition, account)}}
	case on["StringEquals"]["aws:PrincipalOrgID"] != nil:
		s.Principal = map[string]iam.Words{"AWS": {"*"}}
	default:
		open = append(open, "sub")
	}
	return s, open
}

package compare

import "testing"

// Who is meant by a condition alone, or by a part of a name, is asked too.
func TestWhoIsMeantByConditions(t *testing.T) {
	const (
		root     = `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}`
		everyone = `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{`
		nobody   = `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{`
		inOrg    = everyone + `"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`
	)
	for name, c := range map[string]struct{ wanted, actual string }{
		"an account":              {root, everyone + `"StringEquals":{"aws:PrincipalAccount":"999988887777"}}}`},
		"the account of zeros":    {root, everyone + `"StringEquals":{"aws:PrincipalAccount":"000000000000"}}}`},
		"accounts by a pattern":   {root, everyone + `"StringLike":{"aws:PrincipalAccount":"99*7"}}}`},
		"a role":                  {root, everyone + `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999988887777:role/evil"}}}`},
		"a role in any account":   {root, everyone + `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/evil"}}}`},
		"a role in some accounts": {root, everyone + `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::9999888877??:role/evil"}}}`},
		"all of an account":       {root, everyone + `"StringLike":{"aws:PrincipalArn":"arn:aws:iam::999988887777:*"}}}`},
		"a user":                  {root, everyone + `"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::999988887777:user/evil"}}}`},
		"a user in any case":      {root, everyone + `"StringEqualsIgnoreCase":{"aws:PrincipalArn":"arn:aws:iam::999988887777:user/evil"}}}`},
		"IfExists":                {root, everyone + `"StringEqualsIfExists":{"aws:PrincipalAccount":"999988887777"}}}`},
		"all but one account":     {root, everyone + `"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}}`},
		"a Deny that is gone":     {inOrg + "," + nobody + `"StringEquals":{"aws:PrincipalAccount":"999988887777"}}}`, inOrg},
		"a Deny of a role":        {inOrg + "," + nobody + `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::999988887777:role/x/y"}}}`, inOrg},
		"a session whose path is known": {root + "," + nobody + `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x/hub"}}}`,
			root + `,{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::444455556666:assumed-role/hub/alice"},"Action":"sts:AssumeRole",
			"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x/hub"}}}`},
		"the stranger's name": {root, root + `,{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity"},{"Effect":"Deny",
			"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/stranger.example.com"},"Action":"sts:*"}`},
		"an action of STS that is not known": {root, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:AssumeRoleAsRobot"]}`},
		"an account of another partition":    {root, `{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws-cn:iam::444455556666:role/hub"]},"Action":"sts:AssumeRole"}`},
	} {
		result, err := Trust(policy(c.wanted), policy(c.actual), role)
		if err != nil || !result.Whole || len(result.Differences) == 0 || !result.Differences[0].Sure {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	// Compared with as a number, or a time, an account is not looked at.
	if result, err := Trust(policy(root), policy(root, everyone+`"NumericLessThan":{"aws:PrincipalAccount":"5"}}}`), role); err != nil || result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
}

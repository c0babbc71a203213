package awsaccess

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRolesToTake(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"arn:aws:iam::111122223333:role/auditor": true, "arn:aws:iam::{account}:role/audit/read": true, "arn:aws-cn:iam::{account}:role/a": true,
		"auditor": false, "arn:aws:iam::{account}:user/a": false, "arn:aws:iam::{account}:role/": false, "arn:aws:iam::*:role/a": false,
		"arn:aws:sts::111122223333:role/a": false, "arn:aws:iam::{account}:role/a-{account}": true, "arn:aws:iam::{account}:role/{other}": false, "arn:aws:iam::1:role/a\x1b": false, "": false,
	} {
		if err := checkRole(text); (err == nil) != ok || err != nil && ui.CodeOf(err) != ui.Usage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

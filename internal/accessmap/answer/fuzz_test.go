package answer_test

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// FuzzQuestion asks whatever a person may type.
func FuzzQuestion(f *testing.F) {
	for _, resource := range []string{
		"s3://acme-ml/churn/x", "s3://acme-ml/churn", "s3://acme-ml", "arn:aws:s3:::acme-ml/churn/*", "arn:aws-cn:s3:::acme-ml/churn/x", "*", "arn:aws:kms:us-east-1:1:key/x",
		"arn:aws:s3:us-east-1:111122223333:accesspoint/x/object/y", "s3://", "arn:::::", "s3://acme-ml/churn/pii/${aws:username}",
	} {
		f.Add("s3:GetObject", resource)
		f.Add("s3:ListBucket", resource)
	}
	x := answer.New(parse(f, mapOf(lakeGroups, lakeDatasets, lakeRoles())), now)
	f.Fuzz(func(t *testing.T, action, resource string) {
		q, err := answer.NewQuestion(action, resource)
		if err != nil {
			if id := ui.IDOf(err); id != "action-invalid" && id != "resource-invalid" || ui.CodeOf(err) != ui.Usage {
				t.Fatal(err)
			}
			return
		}
		for _, role := range []string{"reader", "heir", "lake-reader", "pii-reader", "admin", "guest", "base", "other"} {
			v, err := x.Judge(role, q)
			if err != nil {
				t.Fatal(err)
			}
			if v.Why == "" || strings.ContainsAny(v.Why, "\n\x1b") || (v.Grant != nil) != (v.Verdict == answer.Allowed) {
				t.Fatalf("%+v", v)
			}
		}
	})
}

package render

import (
	"regexp"
	"testing"
)

// Names follow from the ARN, are legal, and are never shared.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ arn, address, id string }{
		{"arn:aws:iam::111122223333:role/trainer", "trainer_111122223333", "RTrainer"},
		{"arn:aws:iam::111122223333:role/data-steward", "data-steward_111122223333", "RDataSteward"},
		{"arn:aws:iam::111122223333:role/MLTrainer", "MLTrainer_111122223333", "RMLTrainer1dc68af3"},
		{"arn:aws:iam::111122223333:role/ml/trainer", "ml_trainer_99568810_111122223333", "RMlTrainer99568810"},
		{"arn:aws:iam::111122223333:oidc-provider/acme.okta.com/oauth2", "acme_okta_com_oauth2_37218bb8_111122223333", "RAcmeOktaComOauth237218bb8"},
		{"arn:aws:iam::111122223333:role/1st", "x1st_e03bfae6_111122223333", "R1ste03bfae6"},
	} {
		if got := address(c.arn); got != c.address {
			t.Errorf("%s is %s in Terraform", c.arn, got)
		}
		if got := logicalID("R", c.arn); got != c.id {
			t.Errorf("%s is %s in CloudFormation", c.arn, got)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("trainer", "trainer_")
	f.Add("a-b", "aB")
	f.Add("a.b", "a_b")
	f.Add("a", "a/b")
	f.Add("x_1a2b3c4d", "x")
	legal, legalID := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`), regexp.MustCompile(`^[A-Za-z0-9]+$`)
	f.Fuzz(func(t *testing.T, one, other string) {
		const account = "arn:aws:iam::111122223333:role/"
		if name := address(account + one); !legal.MatchString(name) {
			t.Errorf("%q", name)
		}
		if id := logicalID("Role", account+one); !legalID.MatchString(id) {
			t.Errorf("%q", id)
		}
		if one != other && (address(account+one) == address(account+other) || logicalID("Role", account+one) == logicalID("Role", account+other)) {
			t.Errorf("%q and %q share a name", one, other)
		}
	})
}

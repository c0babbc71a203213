package render_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

type parsedTemplate struct {
	Version     string                    `yaml:"AWSTemplateFormatVersion"`
	Description string                    `yaml:"Description"`
	Metadata    map[string]map[string]any `yaml:"Metadata"`
	Conditions  map[string]any            `yaml:"Conditions"`
	Resources   map[string]struct {
		Type       string         `yaml:"Type"`
		Condition  string         `yaml:"Condition"`
		Deleted    string         `yaml:"DeletionPolicy"`
		Replaced   string         `yaml:"UpdateReplacePolicy"`
		Properties map[string]any `yaml:"Properties"`
	} `yaml:"Resources"`
}

func template(t *testing.T, s *desired.State, account string) parsedTemplate {
	t.Helper()
	text, _ := render.CloudFormation(s, account)
	var p parsedTemplate
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// A template means what the State says, whatever the names in it.
func TestTheTemplateMeansTheState(t *testing.T) {
	t.Parallel()
	for _, evil := range evils() {
		s := sample(evil)
		p := template(t, s, home)
		trainer := p.Resources["RoleTrainer"]
		if trainer.Type != "AWS::IAM::Role" || trainer.Properties["RoleName"] != "trainer" || trainer.Properties["MaxSessionDuration"] != 7200 {
			t.Fatalf("%q: %+v", evil, p.Resources)
		}
		same(t, resolved(trainer.Properties["AssumeRolePolicyDocument"], providerARN), s.Roles[1].Trust)
		same(t, p.Resources["PermissionsTrainer"].Properties["PolicyDocument"], s.Roles[1].Permissions[0])
		same(t, p.Metadata["KeyPolicies"][keyARN], iam.Policy(s.Keys[0].Statements...))
		same(t, p.Metadata["BucketPolicies"]["acme-ml"], iam.Policy(s.Buckets[0].Statements...))
		same(t, p.Resources["PassRoleDatabricksCrossAccount"].Properties["PolicyDocument"], iam.Policy(s.Databricks.PassRoles[0].Statement))
		for id, r := range p.Resources {
			if r.Condition != "InItsAccount" || r.Deleted != "Retain" || r.Replaced != "Retain" || !regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`).MatchString(id) {
				t.Errorf("%q: %s: %+v", evil, id, r)
			}
		}
		if len(p.Resources) != 6 {
			t.Errorf("%q: %d resources", evil, len(p.Resources))
		}
		if got := p.Resources["InstanceProfileTrainer"].Properties["Roles"]; !reflect.DeepEqual(got, []any{map[string]any{"Ref": "RoleTrainer"}}) {
			t.Errorf("%v", got)
		}
	}
}

// What stands in another account is in that one's template, and named by its ARN, not by reference.
func TestATemplateIsOfOneAccount(t *testing.T) {
	t.Parallel()
	s := sample("x")
	if got := render.Accounts(s); !reflect.DeepEqual(got, []string{home, other}) {
		t.Fatalf("%v", got)
	}
	p := template(t, s, other)
	if len(p.Resources) != 2 {
		t.Fatalf("%+v", p.Resources)
	}
	same(t, p.Resources["RoleFraudAnalyst"].Properties["AssumeRolePolicyDocument"], s.Roles[2].Trust)
	if !reflect.DeepEqual(p.Conditions["InItsAccount"], map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::AccountId"}, other}}) {
		t.Errorf("%v", p.Conditions)
	}
}

// Roles that trust each other can't both be created after the other.
func TestACircleOfTrustIsCut(t *testing.T) {
	t.Parallel()
	s := sample("x")
	s.Roles[1].Trust.Statement = append(s.Roles[1].Trust.Statement, iam.RoleTrust(stewardARN, iam.AssumeActions(false, false), ""))
	if text, _ := render.CloudFormation(s, home); strings.Contains(text, "- RoleTrainer\n") || strings.Contains(text, "- RoleData") {
		t.Errorf("a circle of references:\n%s", text)
	}
	// What stands outside the circle is referred to: from the role of the other account, and from the two credentials of Unity Catalog.
	if text := render.Terraform(s); strings.Count(text, "aws_iam_role.trainer_"+home+".arn") != 3 || strings.Contains(text, "steward_"+home+".arn") {
		t.Errorf("a circle of references:\n%s", text)
	}
}

func TestPoliciesThatAreTooLongStandBesideTheRole(t *testing.T) {
	t.Parallel()
	s := sample("x")
	for i := range 200 {
		s.Roles[1].Permissions[0].Statement = append(s.Roles[1].Permissions[0].Statement,
			iam.Statement{Effect: "Allow", Action: iam.Words{"s3:GetObject"}, Resource: iam.Words{fmt.Sprintf("arn:aws:s3:::acme-ml/%d/*", i)}})
	}
	if p := template(t, s, home); p.Resources["PermissionsTrainer"].Type != "AWS::IAM::ManagedPolicy" {
		t.Errorf("%+v", p.Resources["PermissionsTrainer"])
	}
	if text := render.Terraform(s); !strings.Contains(text, `resource "aws_iam_policy" "trainer_`+home) {
		t.Error(text)
	}
}

// resolved puts an ARN back where a reference to it stands.
func resolved(v any, arn string) any {
	switch v := v.(type) {
	case map[string]any:
		if v["Fn::GetAtt"] != nil {
			return arn
		}
		for key, below := range v {
			v[key] = resolved(below, arn)
		}
	case []any:
		for i, below := range v {
			v[i] = resolved(below, arn)
		}
	}
	return v
}

func same(t *testing.T, got any, want iam.Document) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want.JSON()), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
}

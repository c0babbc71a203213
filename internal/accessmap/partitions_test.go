package accessmap

import (
	"strings"
	"testing"
	"time"
)

func TestWhatIsOfTwoPartitions(t *testing.T) {
	t.Parallel()
	const china, gov = `role_arn: "arn:aws-cn:iam::111122223333:role/r"`, `role_arn: "arn:aws-us-gov:iam::111122223333:role/r"`
	const key = `:kms:REGION:111122223333:key/2b1c0000-0000-4000-8000-000000000001"`
	keyIn := func(partition, region string) string {
		return `"arn:` + partition + strings.Replace(key, "REGION", region, 1)
	}
	for name, c := range map[string]struct{ roles, datasets, want string }{
		"all in one": {
			roles:    `r: {aws: {` + gov + `, region: us-gov-west-1}, read: [d]}`,
			datasets: `d: {location: s3://lake, kms_key: ` + keyIn("aws-us-gov", "us-gov-east-1") + `}`,
		},
		"a region of another": {
			roles: `r: {aws: {` + china + `, region: us-east-1}}`,
			want:  "role r is in partition aws-cn by its role_arn and in aws by its region us-east-1",
		},
		"the European Sovereign Cloud": {
			roles: `r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: eusc-de-east-1}}`,
			want:  "role r is in partition aws by its role_arn and in aws-eusc by its region eusc-de-east-1",
		},
		"a key of another": {
			roles:    `r: {aws: {` + gov + `, region: us-gov-west-1}, write: [d]}`,
			datasets: `d: {location: s3://lake, kms_key: ` + keyIn("aws", "us-east-1") + `}`,
			want:     "role r is in partition aws-us-gov, and the kms_key of its dataset d in aws",
		},
		"a key inherited": {
			roles:    `base: {read: [d]}, r: {inherits: [base], aws: {` + gov + `, region: us-gov-west-1}}`,
			datasets: `d: {location: s3://lake, kms_key: ` + keyIn("aws", "us-east-1") + `}`,
			want:     "role r is in partition aws-us-gov, and the kms_key of its dataset d in aws",
		},
		"a key by itself": {
			roles:    `r: {aws: {` + china + `, region: cn-north-1}, read: [d]}`,
			datasets: `d: {location: s3://lake, kms_key: ` + keyIn("aws-cn", "us-east-1") + `}`,
			want:     "the kms_key of dataset d is in partition aws-cn by its ARN and in aws by its region us-east-1",
		},
		"the role before": {
			roles: `r: {aws: {` + gov + `, region: us-gov-west-1}}, far: {aws: {role_arn: "arn:aws:iam::111122223333:role/far", region: us-east-1, via: r}}`,
			want:  "role far is in partition aws and assumed via role r, which is in aws-us-gov",
		},
		"a server of one's own": {
			roles:    `r: {aws: {role_arn: "arn:minio:iam:::role/r", region: us-gov-west-1}, read: [d]}`,
			datasets: `d: {location: s3://lake, kms_key: ` + keyIn("aws", "us-east-1") + `}`,
		},
	} {
		if c.datasets == "" {
			c.datasets = "d: {location: s3://lake}"
		}
		m := parsed(t, `version: 1
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}
datasets: {`+c.datasets+`}
roles: {`+c.roles+`}
`)
		var got []string
		for _, problem := range m.Check() {
			got = append(got, problem.Message)
		}
		if text := strings.Join(got, "\n"); len(got) > 1 || (c.want == "") != (text == "") || !strings.HasPrefix(text, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAnIdentityCenterOfAnotherPartition(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [r]}}
roles: {r: {aws: {account_id: "111122223333", role_name: Reader, region: us-gov-west-1}}}
`)
	if got := m.Check(); len(got) != 1 || !strings.Contains(got[0].Message, "the Identity Center of identity corp in aws") {
		t.Errorf("%v", got)
	}
}

// MinIO refuses a session policy that names a key of KMS, so that the role could not be assumed at all.
func TestARoleOfAnotherServerGetsNoKMSStatement(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [minio, ceph, aws]}}}
datasets: {d: {location: s3://lake, kms_key: "arn:aws:kms:us-east-1:111122223333:key/2b1c0000-0000-4000-8000-000000000001"}}
roles:
  minio: {aws: {role_arn: "arn:minio:iam:::role/r", region: us-east-1}, read: [d], write: [d]}
  ceph: {aws: {role_arn: "arn:aws:iam:::role/r", region: us-east-1}, read: [d]}
  aws: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}, read: [d]}
`)
	for role, has := range map[string]bool{"minio": false, "ceph": false, "aws": true} {
		if policy, err := m.Policy(role, nil, time.Time{}); err != nil || policy == "" || strings.Contains(policy, "kms:") != has {
			t.Errorf("%s: %s, %v", role, policy, err)
		}
		told := false
		for _, problem := range m.Lint(today) {
			told = told || problem.ID == keyLeftOut && strings.Contains(problem.Message, "role "+role+" is one of an S3-compatible server")
		}
		if told == has {
			t.Errorf("%s: told %v", role, told)
		}
	}
}

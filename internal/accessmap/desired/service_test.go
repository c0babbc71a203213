package desired_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

const services = `version: 1
identities: { acme: { issuer: https://login.example.com, client_id: dbxaccess, groups: { ml: [trainer] } } }
workspaces: { prod: { host: https://prod.example.com } }
roles:
  trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1 }
    unrestricted: true
    workspace: prod
    service_credential: { name: ml-glue, external_id: 01234567-89ab-cdef-0123-456789abcdef }
`

// Unity Catalog takes the role of a service credential as it takes that of a storage credential: by the external ID, once there is one.
func TestTrustOfServiceCredentials(t *testing.T) {
	t.Parallel()
	s := of(t, services)
	want := []desired.StorageCredential{{Name: "ml-glue", RoleARN: "arn:aws:iam::111122223333:role/trainer", ExternalID: "01234567-89ab-cdef-0123-456789abcdef"}}
	if !slices.Equal(s.Databricks.ServiceCredentials, want) || len(s.Databricks.StorageCredentials) != 0 {
		t.Errorf("%+v", s.Databricks)
	}
	trust := role(t, s, "trainer").Trust.JSON()
	if strings.Count(trust, `"sts:ExternalId":"01234567-89ab-cdef-0123-456789abcdef"`) != 2 || !strings.Contains(trust, "unity-catalog-prod-UCMasterRole") {
		t.Error(trust)
	}
	unknown := of(t, strings.Replace(services, ", external_id: 01234567-89ab-cdef-0123-456789abcdef", "", 1))
	if trust := role(t, unknown, "trainer").Trust.JSON(); strings.Contains(trust, "UCMasterRole") {
		t.Errorf("without an external ID anybody's account at Databricks may take the role: %s", trust)
	}
	if told := gaps(unknown); !slices.Contains(told, "external-id-unknown trainer") {
		t.Errorf("%q", told)
	}
}

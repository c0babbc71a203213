package credential

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestVendedItemsAreForTheirDataAlone(t *testing.T) {
	t.Parallel()
	table := Vended{By: Table, Name: "main.ml.churn"}
	it := newItem(time.Hour)
	it.Roles, it.Binding.Vended = []string{"ml-trainer"}, table.String()
	it.Credentials = &AWS{
		AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"), Expires: it.Expires,
		Reaches: "s3://acme-ml/churn", AccessPoint: "arn:aws:s3:us-east-1:111122223333:accesspoint/ap",
	}
	data, err := it.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back := Decode(VendedPrefix+"a", data)
	if back == nil || back.Binding != it.Binding || back.Credentials.Reaches != it.Credentials.Reaches || back.Credentials.AccessPoint != it.Credentials.AccessPoint {
		t.Fatalf("got %+v", back)
	}
	asked := Request{Role: "ml-trainer", From: table}
	if !back.ValidFor(asked) {
		t.Error("it is for what it was vended for")
	}
	keys := map[string]bool{asked.Key("m"): true}
	for name, r := range map[string]Request{
		"the role's own": {Role: "ml-trainer"},
		"to write":       {Role: "ml-trainer", From: Vended{By: Table, Name: "main.ml.churn", Write: true}},
		"another table":  {Role: "ml-trainer", From: Vended{By: Table, Name: "main.ml.other"}},
		"a volume":       {Role: "ml-trainer", From: Vended{By: Volume, Name: "main.ml.churn"}},
		"another role":   {Role: "ml-reader", From: table},
	} {
		if back.ValidFor(r) {
			t.Errorf("%s is served with it", name)
		}
		if key := r.Key("m"); keys[key] || !IsKey(key) {
			t.Errorf("%s: key %s", name, key)
		}
		keys[r.Key("m")] = true
	}
	it.Binding.Vended = ""
	if it.ValidFor(asked) {
		t.Error("the role's own are served as vended ones")
	}
}

func TestWhatIsVendedIsNamed(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]Vended{
		"":                                      {},
		"table main.ml.churn, read":             {By: Table, Name: "main.ml.churn"},
		"grant s3://acme-ml/x/, read and write": {By: AccessGrant, Name: "s3://acme-ml/x/", Write: true},
		"service credential ml-glue":            {By: ServiceCredential, Name: "ml-glue"},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if IsKey("session/x") || !IsKey(VendedPrefix+"x") || strings.Contains(Request{Role: "r", From: Vended{By: Path, Name: "s3://acme"}}.Key("m"), "acme") {
		t.Error("keys")
	}
}

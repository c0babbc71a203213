package iam

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// AWS's SDK carries the list of all partitions and their regions.
func TestThePartitionsAreThoseOfAWS(t *testing.T) {
	t.Parallel()
	sdk, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(sdk)), "internal/endpoints/awsrulesfn/partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct {
		Partitions []struct {
			ID      string
			Outputs struct{ DNSSuffix, DualStackDNSSuffix string }
			Regions map[string]any
		}
	}
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs.Partitions) != len(partitions) {
		t.Errorf("AWS has %d partitions, we have %d", len(theirs.Partitions), len(partitions))
	}
	for _, want := range theirs.Partitions {
		for region := range want.Regions {
			if strings.HasSuffix(region, "-global") { // no region
				continue
			}
			if got := PartitionOf(region); got.Name != want.ID || got.DNSSuffix != want.Outputs.DNSSuffix ||
				got.DualStackSuffix != want.Outputs.DualStackDNSSuffix || !IsRegion(region) {
				t.Errorf("%s: %+v, %v; want %+v", region, got, IsRegion(region), want)
			}
		}
	}
}

// ARNs of roles are taken apart by hand, as often as it is done, and come to what the SDK makes of them.
func FuzzARNsAreTakenApart(f *testing.F) {
	for _, s := range []string{"arn:aws:iam::111122223333:role/r", "arn:minio:iam:::role/r", "arn:aws:iam::1", "arn:", "aws:aws:iam::1:r", "", "arn:a:b:c:d:e:f:g"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, _ := arn.Parse(s)
		if partition, account := partitionAndAccount(s); partition != want.Partition || account != want.AccountID {
			t.Errorf("%q: %q and %q, want %q and %q", s, partition, account, want.Partition, want.AccountID)
		}
	})
}

func TestThePartitionOfARole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ roleARN, region, want string }{
		{"arn:aws:iam::111122223333:role/r", "cn-north-1", "aws"},
		{"arn:aws-eusc:iam::111122223333:role/r", "us-east-1", "aws-eusc"},
		{"arn:minio:iam:::role/r", "us-east-1", "minio"},
		{"role/r", "us-east-1", ""},
		{"", "eusc-de-east-1", "aws-eusc"},
		{"", "us-isob-east-1", "aws-iso-b"},
		{"", "us-iso-west-1", "aws-iso"},
		{"", "us-gov-west-1", "aws-us-gov"},
		{"", "cn-northwest-1", "aws-cn"},
		{"", "xx-new-1", "aws"},
	} {
		got := PartitionOfRole(c.roleARN, c.region)
		if got.Name != c.want || (got.DNSSuffix == "") != (c.want == "" || c.want == "minio") {
			t.Errorf("%q in %s: %+v", c.roleARN, c.region, got)
		}
	}
}

package iam

import "testing"

func TestIsRegion(t *testing.T) {
	t.Parallel()
	for region, ok := range map[string]bool{
		"us-east-1": true, "eu-central-2": true, "us-gov-west-1": true, "us-isob-east-1": true, "eusc-de-east-1": true, "ap-southeast-12": true,
		"": false, "-": false, "--": false, "us-east": false, "us-east-": false, "us-east-123": false, "US-EAST-1": false, "us--1": false,
		"s3-eu-west-1": false, "s3": false, "us-east-1.evil": false, "us-east-1/": false, "us-east-1#": false, "us-east-1@": false,
	} {
		if IsRegion(region) != ok {
			t.Errorf("%q: %v", region, !ok)
		}
	}
}

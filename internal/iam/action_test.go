package iam_test

import (
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

func TestOperationsWithoutAnActionOfTheirOwn(t *testing.T) {
	for operation, want := range map[string][]string{
		"HeadObject":    {"s3:GetObject"},
		"ListObjectsV2": {"s3:ListBucket"},
		"UploadPart":    {"s3:PutObject"},
		"ReEncrypt":     {"kms:ReEncryptFrom", "kms:ReEncryptTo"},
		"GetObject":     nil,
		"Frobnicate":    nil,
	} {
		actions := iam.ActionsOfOperation(operation)
		if !slices.Equal(actions, want) {
			t.Errorf("%s is checked as %v, want %v", operation, actions, want)
		}
		for _, action := range actions {
			if !slices.Contains(slices.Concat(slices.Collect(iam.Actions("s3")), slices.Collect(iam.Actions("kms"))), action) {
				t.Errorf("%s is checked as %s, which is no action", operation, action)
			}
		}
	}
}

func TestActionsAreOfTheirService(t *testing.T) {
	for service, one := range map[string]string{"s3": "s3:GetObject", "KMS": "kms:Decrypt"} {
		actions := slices.Collect(iam.Actions(service))
		if !slices.Contains(actions, one) || slices.Contains(actions, "s3:HeadObject") {
			t.Errorf("%s: %v", service, actions)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(actions)))) != len(actions) {
			t.Errorf("%s has an action twice", service)
		}
	}
	if other := slices.Collect(iam.Actions("athena")); other != nil {
		t.Errorf("athena: %v", other)
	}
}

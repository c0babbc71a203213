package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Partition is a part of AWS with regions, accounts and hosts of its own.
type Partition struct {
	Name      string // as ARNs have it
	DNSSuffix string // of its services' hosts; "" for a partition that is not AWS's
	// Console is the domain of its console and of the sign-in there, "" where none is public:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
	Console string

	regions string // what the names of its regions begin with
}

// partitions are those of https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json.
// The last takes every region that none of the others has, as the SDKs do.
var partitions = [...]Partition{
	{"aws-cn", "amazonaws.com.cn", "amazonaws.cn", "cn-"},
	{"aws-us-gov", "amazonaws.com", "amazonaws-us-gov.com", "us-gov-"},
	{"aws-eusc", "amazonaws.eu", "", "eusc-"},
	{"aws-iso", "c2s.ic.gov", "", "us-iso-"},
	{"aws-iso-b", "sc2s.sgov.gov", "", "us-isob-"},
	{"aws-iso-e", "cloud.adc-e.uk", "", "eu-isoe-"},
	{"aws-iso-f", "csp.hci.ic.gov", "", "us-isof-"},
	{"aws", "amazonaws.com", "aws.amazon.com", ""},
}

// Partitions lists the partitions of AWS.
func Partitions() []Partition { return slices.Clone(partitions[:]) }

// PartitionOf is the partition of a region.
func PartitionOf(region string) Partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.regions) {
			return p
		}
	}
	return Partition{} // never: the last takes every region
}

// PartitionOfRole is the partition of an IAM role, which its ARN names, or of a permission set of IAM Identity Center,
// which has no ARN and is where its region is. Of a partition that is not AWS's, as S3-compatible servers have, only
// the name is known; what is no ARN is in none.
func PartitionOfRole(roleARN, region string) Partition {
	if roleARN == "" {
		return PartitionOf(region)
	}
	role, _ := arn.Parse(roleARN)
	for _, p := range partitions {
		if p.Name == role.Partition {
			return p
		}
	}
	return Partition{Name: role.Partition}
}

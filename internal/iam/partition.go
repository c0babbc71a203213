package iam

import "strings"

// Partition is a part of AWS with regions, accounts and hosts of its own.
type Partition struct {
	Name            string // as ARNs have it
	DNSSuffix       string // of its services' hosts; "" for a partition that is not AWS's
	DualStackSuffix string // of those that also answer over IPv6

	regions string // what the names of its regions begin with
	console string // the domain of its console and of the sign-in there, "" where none is public
	// regionalSignIn: each region has a sign-in of its own, and there is none for all.
	regionalSignIn bool
	fipsSignIn     bool // there is a sign-in with FIPS 140 cryptography
	home           string
}

// Home is the region that requests to the partition's one IAM are signed for, "" for a partition that is not AWS's:
// https://docs.aws.amazon.com/general/latest/gr/iam-service.html
func (p Partition) Home() string { return p.home }

// partitions are those of https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json.
// The last takes every region that none of the others has, as the SDKs do. Consoles are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html,
// https://docs.aws.amazon.com/general/latest/gr/signin-service.html and those of the European Sovereign Cloud,
// https://docs.aws.eu/esc/latest/userguide/endpoints.html.
var partitions = [...]Partition{
	{
		Name: "aws-cn", DNSSuffix: "amazonaws.com.cn", DualStackSuffix: "api.amazonwebservices.com.cn", regions: "cn-",
		console: "amazonaws.cn",
		home:    "cn-north-1",
	},
	{
		Name: "aws-us-gov", DNSSuffix: "amazonaws.com", DualStackSuffix: "api.aws", regions: "us-gov-",
		console: "amazonaws-us-gov.com", fipsSignIn: true,
		home: "us-gov-west-1",
	},
	{
		Name: "aws-eusc", DNSSuffix: "amazonaws.eu", DualStackSuffix: "api.amazonwebservices.eu", regions: "eusc-",
		console: "amazonaws-eusc.eu", regionalSignIn: true,
		home: "eusc-de-east-1",
	},
	{Name: "aws-iso", DNSSuffix: "c2s.ic.gov", DualStackSuffix: "api.aws.ic.gov", regions: "us-iso-", home: "us-iso-east-1"},
	{Name: "aws-iso-b", DNSSuffix: "sc2s.sgov.gov", DualStackSuffix: "api.aws.scloud", regions: "us-isob-", home: "us-isob-east-1"},
	{Name: "aws-iso-e", DNSSuffix: "cloud.adc-e.uk", DualStackSuffix: "api.cloud-aws.adc-e.uk", regions: "eu-isoe-", home: "eu-isoe-west-1"},
	{Name: "aws-iso-f", DNSSuffix: "csp.hci.ic.gov", DualStackSuffix: "api.aws.hci.ic.gov", regions: "us-isof-", home: "us-isof-south-1"},
	{Name: "aws", DNSSuffix: "amazonaws.com", DualStackSuffix: "api.aws", console: "aws.amazon.com", home: "us-east-1"},
}

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
	name, _ := partitionAndAccount(roleARN)
	for _, p := range &partitions {
		if p.Name == name {
			return p
		}
	}
	return Partition{Name: name}
}

// OfAWS reports whether a role is one of AWS. An S3-compatible server's has no account, and a partition of its own or
// that of AWS: MinIO writes arn:minio:iam:::role/…, Ceph arn:aws:iam:::role/….
func OfAWS(roleARN string) bool {
	_, account := partitionAndAccount(roleARN)
	return roleARN == "" || account != "" && PartitionOfRole(roleARN, "").DNSSuffix != ""
}

// partitionAndAccount are those of an ARN, arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; "" of what is none. A large map is asked for
// them so often that taking the whole ARN apart would be felt.
func partitionAndAccount(arn string) (partition, account string) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	partition, rest, _ = strings.Cut(rest, ":")
	_, rest, _ = strings.Cut(rest, ":") // the service
	_, rest, _ = strings.Cut(rest, ":") // the region
	account, _, whole := strings.Cut(rest, ":")
	if !ok || !whole {
		return "", ""
	}
	return partition, account
}

package iam

import (
	"fmt"
	"strings"
)

// Hosts says which of a service's hosts are asked, as AWS's own tools are told by AWS_USE_FIPS_ENDPOINT and
// AWS_USE_DUALSTACK_ENDPOINT: https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
type Hosts struct {
	FIPS      bool // those that have FIPS 140 validated cryptography
	DualStack bool // those that answer over IPv6 too
}

// HostsFrom reads the two variables. What is neither true nor false is an error, as it is to the SDKs: nobody who asked
// for FIPS may silently be given something else.
func HostsFrom(getenv func(string) string) (hosts Hosts, err error) {
	if hosts.FIPS, err = wanted("AWS_USE_FIPS_ENDPOINT", getenv); err == nil {
		hosts.DualStack, err = wanted("AWS_USE_DUALSTACK_ENDPOINT", getenv)
	}
	return hosts, err
}

func wanted(variable string, getenv func(string) string) (bool, error) {
	switch strings.ToLower(getenv(variable)) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", variable)
}

// ServiceHost is the host of a service in a region, which must be one: see IsRegion. service is what its host's name
// begins with, as in sts or portal.sso.
func ServiceHost(service, region string, hosts Hosts) string {
	p := PartitionOf(region)
	suffix := p.DNSSuffix
	if hosts.DualStack {
		suffix = p.DualStackSuffix
	}
	if hosts.FIPS && (hosts.DualStack || p.Name != "aws-us-gov") { // whose older hosts all have such cryptography
		service += "-fips"
	}
	return service + "." + region + "." + suffix
}

// IsServiceHost recognises the hosts of a service: regional ones, those with FIPS, those that answer over IPv6 too, and
// those of interface endpoints (https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html).
// The region's partition decides the domain. Not every name below amazonaws.com will do: anyone can own a bucket there.
func IsServiceHost(service, host string) bool {
	endpoint, rest, _ := strings.Cut(host, ".")
	private := strings.HasPrefix(endpoint, "vpce-")
	if !private {
		rest = host
	}
	rest, named := strings.CutPrefix(rest, service)
	rest, dotted := strings.CutPrefix(strings.TrimPrefix(rest, "-fips"), ".")
	region, domain, _ := strings.Cut(rest, ".")
	if !named || !dotted || !IsRegion(region) {
		return false
	}
	p := PartitionOf(region)
	if private {
		return domain == "vpce."+p.DNSSuffix
	}
	return domain == p.DNSSuffix || domain == p.DualStackSuffix
}

// HasConsole reports whether the partition has a console that is public.
func (p Partition) HasConsole() bool { return p.console != "" }

// ConsoleHosts are the host of the partition's console and of the sign-in there, for a role of the region. Both are ""
// where there is none, or none with the cryptography that is asked for.
func (p Partition) ConsoleHosts(region string, hosts Hosts) (console, signIn string) {
	if p.console == "" || hosts.FIPS && !p.fipsSignIn {
		return "", ""
	}
	console, signIn = "console."+p.console, "signin."+p.console
	switch {
	case hosts.FIPS:
		signIn = "signin-fips." + p.console
	case p.regionalSignIn:
		console, signIn = region+"."+console, region+"."+signIn
	}
	return console, signIn
}

// IsSignInHost recognises the hosts of AWS's sign-in, those of regions too.
func IsSignInHost(host string) bool {
	for _, p := range partitions {
		own, ok := strings.CutSuffix("."+host, "."+p.console)
		if p.console != "" && ok && (strings.HasSuffix(own, ".signin") || strings.HasSuffix(own, ".signin-fips")) {
			return true
		}
	}
	return false
}

// S3ControlHost is where the S3 Control API of an account answers in a region, which must be one: the account's number is
// part of its name, and IPv6 has a name of its own in the same domain. The rules are those of
// https://github.com/aws/aws-sdk-go-v2/blob/main/service/s3control/endpoints.go.
func S3ControlHost(accountID, region string, hosts Hosts) string {
	name := "s3-control"
	if hosts.FIPS {
		name += "-fips"
	}
	if hosts.DualStack {
		name += ".dualstack"
	}
	return accountID + "." + name + "." + region + "." + PartitionOf(region).DNSSuffix
}

// IsS3ControlHost recognises the hosts of S3 Control without an account's number, those of interface endpoints too:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
func IsS3ControlHost(host string) bool {
	if rest, ok := strings.CutPrefix(host, "control.vpce-"); ok {
		_, rest, _ = strings.Cut(rest, ".")
		rest, ok = strings.CutPrefix(rest, "s3.")
		region, domain, _ := strings.Cut(rest, ".")
		return ok && IsRegion(region) && domain == "vpce."+PartitionOf(region).DNSSuffix
	}
	return IsServiceHost("s3-control", strings.Replace(host, ".dualstack.", ".", 1))
}

// IsIAMHost recognises the hosts of IAM, of which most partitions have one for all regions, with or without a word for it:
// https://github.com/aws/aws-sdk-go-v2/blob/service/iam/v1.64.8/service/iam/endpoints.go
func IsIAMHost(host string) bool {
	rest, ok := strings.CutPrefix(host, "iam.")
	if !ok {
		rest, ok = strings.CutPrefix(host, "iam-fips.")
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "global."), "us-gov.")
	for _, p := range partitions {
		if ok && (rest == p.DNSSuffix || rest == p.DualStackSuffix) {
			return true
		}
	}
	return IsServiceHost("iam", host)
}

// S3Host is where a bucket without dots in its name answers in a region, which must be one.
// https://docs.aws.amazon.com/general/latest/gr/s3.html
func S3Host(bucket, region string, hosts Hosts) string {
	name := "s3"
	if hosts.FIPS {
		name += "-fips"
	}
	if hosts.DualStack {
		name += ".dualstack"
	}
	return bucket + "." + name + "." + region + "." + PartitionOf(region).DNSSuffix
}

// IsS3Host recognises the hosts of S3 without a bucket's name. Every name below them is someone's bucket, which they are not.
func IsS3Host(host string) bool {
	return IsServiceHost("s3", strings.Replace(host, ".dualstack.", ".", 1))
}

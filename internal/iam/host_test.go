package iam

import "testing"

func TestTheHostsOfAService(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service, region string
		hosts           Hosts
		want            string
	}{
		{"sts", "us-east-1", Hosts{}, "sts.us-east-1.amazonaws.com"},
		{"sts", "us-east-1", Hosts{FIPS: true}, "sts-fips.us-east-1.amazonaws.com"},
		{"portal.sso", "us-east-1", Hosts{FIPS: true, DualStack: true}, "portal.sso-fips.us-east-1.api.aws"},
		{"oidc", "us-gov-west-1", Hosts{FIPS: true}, "oidc.us-gov-west-1.amazonaws.com"},
		{"oidc", "us-gov-west-1", Hosts{FIPS: true, DualStack: true}, "oidc-fips.us-gov-west-1.api.aws"},
		{"oidc", "cn-north-1", Hosts{DualStack: true}, "oidc.cn-north-1.api.amazonwebservices.com.cn"},
		{"sts", "eusc-de-east-1", Hosts{}, "sts.eusc-de-east-1.amazonaws.eu"},
		{"sts", "us-iso-east-1", Hosts{}, "sts.us-iso-east-1.c2s.ic.gov"},
	} {
		got := ServiceHost(c.service, c.region, c.hosts)
		if got != c.want || !IsServiceHost(c.service, got) {
			t.Errorf("%s in %s, %+v: %s, %v", c.service, c.region, c.hosts, got, IsServiceHost(c.service, got))
		}
	}
}

func TestHostsThatAreAServices(t *testing.T) {
	t.Parallel()
	for host, ok := range map[string]bool{
		"sts.eusc-de-east-1.amazonaws.eu":               true,
		"vpce-1a-2b.sts.us-east-1.vpce.amazonaws.com":   true,
		"vpce-1a.sts-fips.us-east-1.vpce.amazonaws.com": true,
		"vpce-1a.sts.cn-north-1.vpce.amazonaws.com.cn":  true,
		"sts.us-east-1.api.aws":                         true,

		"sts.us-east-1.amazonaws.eu":              false, // of another partition
		"sts.eusc-de-east-1.amazonaws.com":        false,
		"sts.cn-north-1.amazonaws.com":            false,
		"sts.us-east-1.amazonaws.com.cn":          false,
		"sts-fips-fips.us-east-1.amazonaws.com":   false,
		"stsx.us-east-1.amazonaws.com":            false,
		"sts.s3.amazonaws.com":                    false,
		"sts.s3-eu-west-1.amazonaws.com":          false,
		"vpce-1a.s3.us-east-1.vpce.amazonaws.com": false,
		"vpce-1a.sts.us-east-1.amazonaws.com":     false,
		"sts.us-east-1.vpce.amazonaws.com":        false,
		"sts.us-east-1.amazonaws.com.evil.test":   false,
		"sts.us-east-1.":                          false,
		"sts.us-east-1":                           false,
		"sts":                                     false,
		"":                                        false,
	} {
		if IsServiceHost("sts", host) != ok {
			t.Errorf("%q: %v", host, !ok)
		}
	}
}

func TestTheConsolesHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region          string
		hosts           Hosts
		console, signIn string
	}{
		{"us-east-1", Hosts{}, "console.aws.amazon.com", "signin.aws.amazon.com"},
		{"eu-west-1", Hosts{DualStack: true}, "console.aws.amazon.com", "signin.aws.amazon.com"},
		{"us-east-1", Hosts{FIPS: true}, "", ""},
		{"us-gov-west-1", Hosts{FIPS: true}, "console.amazonaws-us-gov.com", "signin-fips.amazonaws-us-gov.com"},
		{"eusc-de-east-1", Hosts{}, "eusc-de-east-1.console.amazonaws-eusc.eu", "eusc-de-east-1.signin.amazonaws-eusc.eu"},
		{"cn-north-1", Hosts{}, "console.amazonaws.cn", "signin.amazonaws.cn"},
		{"us-iso-east-1", Hosts{}, "", ""},
	} {
		console, signIn := PartitionOf(c.region).ConsoleHosts(c.region, c.hosts)
		if console != c.console || signIn != c.signIn || signIn != "" && !IsSignInHost(signIn) {
			t.Errorf("%s %+v: %s, %s", c.region, c.hosts, console, signIn)
		}
	}
	for host, ok := range map[string]bool{
		"us-east-2.signin.aws.amazon.com": true, "signin.amazonaws-us-gov.com": true,
		"signin.evil.test": false, "signin": false, ".signin": false, "evilsignin.aws.amazon.com": false, "aws.amazon.com": false,
		"signin.aws.amazon.com.evil.test": false,
	} {
		if IsSignInHost(host) != ok {
			t.Errorf("%q: %v", host, !ok)
		}
	}
}

// A person who asked for validated cryptography must not silently get something else.
func TestTheVariablesThatChooseHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fips, dual string
		want       Hosts
		ok         bool
	}{
		{"", "", Hosts{}, true},
		{"true", "", Hosts{FIPS: true}, true},
		{"False", "TRUE", Hosts{DualStack: true}, true},
		{"1", "", Hosts{}, false},
		{"", "yes", Hosts{}, false},
	} {
		got, err := HostsFrom(func(name string) string {
			return map[string]string{"AWS_USE_FIPS_ENDPOINT": c.fips, "AWS_USE_DUALSTACK_ENDPOINT": c.dual}[name]
		})
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%q, %q: %+v, %v", c.fips, c.dual, got, err)
		}
	}
}

func TestRolesOfAWS(t *testing.T) {
	t.Parallel()
	for role, ok := range map[string]bool{
		"": true, "arn:aws:iam::111122223333:role/r": true, "arn:aws-eusc:iam::111122223333:role/r": true,
		"arn:aws:iam:::role/r": false, "arn:minio:iam:::role/r": false, "arn:minio:iam::111122223333:role/r": false, "r": false,
	} {
		if OfAWS(role) != ok {
			t.Errorf("%q: %v", role, !ok)
		}
	}
}

func TestTheHostsOfS3Control(t *testing.T) {
	t.Parallel()
	for host, ok := range map[string]bool{
		"s3-control.us-east-1.amazonaws.com":                     true,
		"s3-control-fips.us-east-1.amazonaws.com":                true,
		"s3-control.dualstack.us-east-1.amazonaws.com":           true,
		"s3-control-fips.dualstack.us-gov-west-1.amazonaws.com":  true,
		"s3-control.cn-north-1.amazonaws.com.cn":                 true,
		"control.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com":     true,
		"s3-control.s3.us-east-1.amazonaws.com":                  false, // a bucket
		"111122223333.s3-control.us-east-1.amazonaws.com":        false, // the number is put there by us
		"control.vpce-1a.s3.us-east-1.amazonaws.com":             false,
		"control.vpce-1a.sts.us-east-1.vpce.amazonaws.com":       false,
		"control.vpce-1a.s3.us-east-1.vpce.amazonaws.com.evil.x": false,
		"s3-control.us-east-1.evil.example":                      false,
		"":                                                       false,
	} {
		if IsS3ControlHost(host) != ok {
			t.Errorf("%q: %v", host, !ok)
		}
	}
}

func TestHostsOfS3(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"acme.s3.us-east-1.amazonaws.com":                    S3Host("acme", "us-east-1", Hosts{}),
		"acme.s3.cn-north-1.amazonaws.com.cn":                S3Host("acme", "cn-north-1", Hosts{}),
		"acme.s3-fips.dualstack.us-gov-west-1.amazonaws.com": S3Host("acme", "us-gov-west-1", Hosts{FIPS: true, DualStack: true}),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for host, want := range map[string]bool{
		"s3.us-east-1.amazonaws.com": true, "s3-fips.us-east-1.amazonaws.com": true, "s3.dualstack.eu-west-1.amazonaws.com": true,
		"acme.s3.us-east-1.amazonaws.com": false, "s3.us-east-1.amazonaws.com.example.com": false, "s3.example.com": false,
	} {
		if got := IsS3Host(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

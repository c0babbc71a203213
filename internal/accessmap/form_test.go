package accessmap

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// checkCase is what a form accepts (with the form it gives it) and what it refuses.
type checkCase struct {
	form    *form
	accepts map[string]string // "" for unchanged
	refuses []string
}

var checks = map[string]checkCase{
	"name": {
		nameForm,
		map[string]string{"a": "", "ml-reader": "", "0": "", "a.b_c-d": "", strings.Repeat("a", 63): ""},
		[]string{"", "A", "-a", ".a", "_a", "a b", "a;touch x", "a\nb", "a\n", "a\x00", "a[b", "a]", "a$b", "a`b`", `a"b`, "a'b",
			"ä", "a/b", "a|b", "a%b", strings.Repeat("a", 64)},
	},
	"group": {
		groupForm,
		map[string]string{"ml": "", "/Data Science/ML": "", "4711": "", "Größe & Co; $x": "", "*": "", `acme\ml`: "",
			`acme\\ml-*`: "", `a\*`: "", "/ml/**": ""},
		[]string{"", `acme\ml-*`, `a*\`, "a\nb", "a\x00b", "a\x1b[2J", "a\u2028b", "a\u202eb"},
	},
	"contact": {
		contactForm,
		map[string]string{"#ml-platform": "", "ml@acme.example": "", "https://acme.example/help": "",
			" Zoë, Büro 3 \n": "Zoë, Büro 3"},
		[]string{"a\nb", "a;b", "$(x)", "`x`", "[x]", `"x"`, "'x'", "a\x1bb", "a|b", "a&b", "a>b", "a\\b", "%PATH%"},
	},
	"description": {
		descriptionForm,
		map[string]string{"Read the feature store": "", "Größe; $x [y]\n": "Größe; $x [y]"},
		[]string{"a\nb", "a\x07b", "a\u202eb"},
	},
	"client id": {
		clientIDForm,
		map[string]string{"0oa1b2c3": "", "12-x.apps.googleusercontent.com": "", "api://x/y": "",
			"11111111-2222-3333-4444-555555555555": ""},
		[]string{"", "a b", "a\n", "a;b", `a"`, "a&b=c", strings.Repeat("a", 256)},
	},
	"client secret": {
		clientSecretForm,
		map[string]string{"GOCSPX-x_y~!$": ""},
		[]string{"", "a b", "a\n", "ä"},
	},
	"scope": {
		scopeForm,
		map[string]string{"openid": "", "https://graph.microsoft.com/.default": "", "api://x/y": ""},
		[]string{"", "a b", `a"b`, `a\b`, "a\n", "ä"},
	},
	"claim": {
		claimForm,
		map[string]string{"groups": "", "https://acme.example/groups": "", "/realm_access/roles": "", "/a~1b~0c": "",
			"a~b": "", "cognito:groups": ""},
		[]string{"", "/a~2", "/a~", "a\nb"},
	},
	"tag key": {
		tagKeyForm,
		map[string]string{"cost-center": "", "Kosten Stelle": "", "ä_.:/=+-@1": "", strings.Repeat("ä", 128): "",
			"awsome": ""},
		[]string{"", "a;b", "a\nb", "a\u2028b", "aws:x", "AWS:x", strings.Repeat("a", 129), "a*b", "a\"b"},
	},
	"tag value": {
		tagValueForm,
		map[string]string{"4711": "", "a b": "", strings.Repeat("x", 256): ""},
		[]string{"a;b", "a\nb", "a*", strings.Repeat("x", 257), "{}"},
	},
	"role ARN": {
		roleARNForm,
		map[string]string{
			"arn:aws:iam::111122223333:role/ml-reader": "", "arn:aws-cn:iam::111122223333:role/team/a/x": "",
			"arn:aws-us-gov:iam::111122223333:role/x_+=,.@-": "", "arn:minio:iam:::role/dummy-internal": "",
			"arn:aws:iam:::role/S3Access": "", "arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0": "",
		},
		[]string{"", "x", "arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:instance-profile/x",
			"arn:aws:sts::111122223333:assumed-role/x/y", "arn:aws:iam::1111:role/x", "arn:aws:iam::111122223333:role/",
			"arn:aws:iam::111122223333:role//x", "arn:aws:iam::111122223333:role/x\n",
			"arn:aws:iam::111122223333:role/x;y",
			"arn:aws:iam::111122223333:role/a b", "arn:aws:iam::111122223333:role/x\n[default]",
			"arn:aws:iam:us-east-1:111122223333:role/x",
			"ARN:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/*",
			"arn:aws:iam::111122223333:role/${x}",
			"arn:aws:iam::111122223333:role/" + strings.Repeat("x", 65)},
	},
	"region": {
		regionForm,
		map[string]string{"us-east-1": "", "us-gov-west-1": "", "cn-northwest-1": "", "ap-southeast-7": "",
			"eusc-de-east-1": "",
			"us-isob-east-1": "", "mx-central-1": ""},
		[]string{"", "mars", "us-east", "US-EAST-1", "us-east-1\n", "us-east-1.evil.test", "us-east-1/", "us_east_1",
			"us-east-1 ", "eu-centrl-1", "us-gov-wset-1"},
	},
	"duration": {
		durationForm,
		map[string]string{"2h": "", "90m": "", "1h30m": "", "15m": "", "12h": "", "3600s": "", "1.5h": ""},
		[]string{"", "3600", "14m59s", "12h1s", "-2h", "2 h", "1d", "20m0.5s", "99999999999h"},
	},
	"KMS key": {
		kmsKeyForm,
		map[string]string{"arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd": "",
			"arn:aws-cn:kms:cn-north-1:111122223333:key/2b1c5a52-7a2e-4b0c-9a43-5d1f0c8b7e61": ""},
		[]string{"", "alias/x", "arn:aws:kms:us-east-1:111122223333:alias/x", "2b1c5a52-7a2e-4b0c-9a43-5d1f0c8b7e61",
			"arn:aws:kms:us-east-1:111122223333:key/*", "arn:aws:kms:us-east-1:111122223333:key/x\n",
			"arn:aws:kms:*:111122223333:key/x"},
	},
	"location": {
		locationForm,
		map[string]string{"s3://bucket/churn/": "", "s3://bucket": "", "s3://bucket/": "", "s3://a.b-c/x=1/y z/": "",
			"s3://b.1/..a/": ""},
		[]string{"", "bucket/x/", "https://bucket/x/", "s3://", "s3://Bucket/", "s3://bucket/churn", "s3://bucket/*/",
			"s3://bucket/a?/",
			"s3://bucket/${aws:username}/", "s3://bucket/{a}/", "s3://b/", "s3://bu..cket/", "s3://192.168.1.1/x/",
			"s3://bucket//x/",
			"s3://bucket/a//", "s3://bucket/a/../b/", "s3://bucket/./a/", "s3://bucket/a\n/", "s3://bucket/\"/",
			"s3://bucket/ä/",
			"s3://-bucket/", "s3://bucket-/", "s3://x-s3alias/a/", "s3://x--ol-s3/a/", "s3://data--use1-az4--x-s3/a/",
			"S3://bucket/"},
	},
	"issuer": {
		issuerForm,
		map[string]string{"https://acme.okta.com/oauth2/default": "", "https://acme.auth0.com/": "",
			"http://127.0.0.1:5556/dex": "",
			"http://[::1]:5556/dex":     "", "http://localhost/x": "", "https://kc.example:8443/realms/my%20realm": "",
			"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0": ""},
		[]string{"", "acme.okta.com", "http://acme.okta.com", "https://acme.okta.com/?x=1", "https://acme.okta.com/?",
			"https://acme.okta.com/#x",
			"https://acme.okta.com/#", "https://u:p@acme.okta.com", "https://acme.okta.com/a b",
			"https://acme.okta.com/\n", "ftp://x.example",
			"https://acme_okta.com", "https://acme.okta.com:0/", "https://acme.okta.com:99999/", "https://acme.okta.com:/",
			"https:///x",
			"https://acme.okta.com/$(x)", "https://acme.okta.com/`x`", "https://acme.okta.com/'x'", "https://acme.okta.com/%0a",
			"https://acme.okta.com/%zz", "https://acme.okta.com/[x]", "https://*.okta.com", "https://-x.example",
			"https://ä.example",
			"file:///etc/passwd", "javascript:alert(1)", "http://127.0.0.1.evil.test/", "https://x..example"},
	},
	"workspace host": {
		workspaceHostForm,
		map[string]string{"https://DBC-1.cloud.databricks.com/": "https://dbc-1.cloud.databricks.com",
			"https://dbc-1.cloud.databricks.com:443": "https://dbc-1.cloud.databricks.com",
			"HTTPS://adb-1.2.azuredatabricks.net":    "https://adb-1.2.azuredatabricks.net",
			"https://x.example:8443/":                "https://x.example:8443",
			"http://127.0.0.1:80":                    "http://127.0.0.1:80"},
		[]string{"", "dbc-1.cloud.databricks.com", "http://dbc-1.cloud.databricks.com",
			"https://dbc-1.cloud.databricks.com/?o=123", "https://dbc-1.cloud.databricks.com/w/123", "https://dbc-1.cloud.databricks.com/?o=",
			"https://u:p@dbc-1.cloud.databricks.com/?o=123",
			"https://dbc-1.cloud.databricks.com/login", "https://dbc-1.cloud.databricks.com//", "https://a.example\n[x]",
			"https://a;b.example"},
	},
	"workspace ID": {
		workspaceIDForm, map[string]string{"7405600000000042": "", "conn-1": ""},
		[]string{"", "none", "None", "12;34", "1 2", strings.Repeat("1", 65), "1\n2"},
	},
	"host": {
		hostForm,
		map[string]string{"login.example.com": "", "LOGIN.example.com": "login.example.com", "localhost": "",
			"127.0.0.1": ""},
		[]string{"", "com", "https://x.example", "x.example:443", "x.example/", "*.example.com", "x.example.",
			"x example.com", "x.example\n", ".x.example"},
	},
}

func TestValues(t *testing.T) {
	t.Parallel()
	testChecks(t, checks)
}

func testChecks(t *testing.T, checks map[string]checkCase) {
	t.Helper()
	for name, c := range checks {
		for in, want := range c.accepts {
			if want == "" {
				want = in
			}
			if got, err := c.form.accept(in); err != nil || got != want {
				t.Errorf("%s %q: got %q, %v", name, in, got, err)
			}
		}
		for _, in := range c.refuses {
			_, err := c.form.accept(in)
			if err == nil {
				t.Errorf("%s %q is accepted", name, in)
			} else if strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' }) {
				t.Errorf("%s %q: the message holds a control character: %q", name, in, err)
			}
		}
	}
}

// Hosts are made of regions, and what the map takes for one must do as a label.
func TestRegionsAreThoseOfHosts(t *testing.T) {
	t.Parallel()
	for region := range checks["region"].accepts {
		if !iam.IsRegion(region) {
			t.Errorf("no host can be made of %q", region)
		}
	}
	for _, text := range append(slices.DeleteFunc(slices.Clone(checks["region"].refuses), iam.IsRegion), "us-east-1-1", "a-east-1", "abcdef-east-1", "us-a-1", "us-abcdefghijklm-1", "us-a-b-c-d-1", "us-east-123") {
		if _, err := regionForm.accept(text); err == nil || iam.IsRegion(text) {
			t.Errorf("%q is a region", text)
		}
	}
}

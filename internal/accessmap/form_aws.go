package accessmap

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var (
	// An S3-compatible server's roles have no account, and its own partition or that of AWS: MinIO writes
	// arn:minio:iam:::role/…, Ceph arn:aws:iam:::role/….
	roleARNForm = &form{
		pattern: `^arn:[a-z][a-z0-9-]{0,30}:iam::([0-9]{12})?:role/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`,
		wrong:   "is not the ARN of an IAM role, as in arn:aws:iam::111122223333:role/name",
	}
	accountForm = &form{ref: "account", pattern: `^[0-9]{12}$`, wrong: "is not the id of an AWS account: 12 digits"}
	// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
	permissionSetForm = &form{
		pattern: `^[A-Za-z0-9_+=,.@-]{1,32}$`,
		wrong:   "is not the name of a permission set: 1 to 32 letters, digits and _ + = , . @ -",
	}
	// The form that iam.IsRegion knows.
	regionForm = &form{
		ref: "region", pattern: `^[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`,
		wrong: "is not an AWS region, as in us-east-1", check: checkRegion,
	}
	externalIDForm = &form{
		pattern: `^[A-Za-z0-9_+=,.@:/-]{2,}$`, longest: iam.MaxExternalID,
		wrong: "is not an external id: 2 to 1224 letters, digits and _ + = , . @ : / -",
	}
	durationForm = &form{check: checkDuration, unitless: unitlessDuration, schema: schema{Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}}
	kmsKeyForm   = &form{check: checkKMSKey, schema: schema{Pattern: kmsKeyPattern}}
	locationForm = &form{check: checkLocation, schema: schema{Pattern: `^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/|/[A-Za-z0-9 _.=@:+,/-]*/)?$`}}
)

const kmsKeyPattern = `^arn:[a-z][a-z0-9-]{0,30}:kms:[a-z0-9-]{2,40}:[0-9]{12}:key/[A-Za-z0-9-]{1,64}$`

var (
	kmsKey   = &form{pattern: kmsKeyPattern}
	kmsAlias = &form{pattern: `^(arn:[^:]*:kms:[^:]*:[^:]*:)?alias/`}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketText = &form{pattern: `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`}
	// Narrower than S3's own rule: * ? and ${ mean something in a policy, the rest something to a shell.
	prefixText = &form{pattern: `^[A-Za-z0-9 _.=@:+,/-]*$`}
)

func checkKMSKey(s string) (string, error) {
	switch {
	case kmsAlias.matches(s):
		// A policy's resource is matched against the key's ARN; one that names an alias matches nothing.
		return "", fmt.Errorf("%s is an alias; name the key itself, as in arn:aws:kms:us-east-1:111122223333:key/…", shown(s))
	case !kmsKey.matches(s):
		return "", fmt.Errorf("%s is not the ARN of a KMS key, as in arn:aws:kms:us-east-1:111122223333:key/…", shown(s))
	}
	return s, nil
}

func checkDuration(s string) (string, error) {
	duration, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return "", notDuration(s, "90m or 2h", iam.MinDuration)
	case duration < iam.MinDuration || duration > iam.MaxDuration:
		return "", fmt.Errorf("%s is outside 15m to 12h, the bounds of AWS", shown(s))
	case duration%time.Second != 0:
		return "", fmt.Errorf("%s is not in whole seconds", shown(s))
	}
	return s, nil
}

func unitlessDuration(s string) error { return notDuration(s, "90m or 2h", iam.MinDuration) }

// notDuration says what to write instead of a text that is no duration: of a number without a unit, what it can only mean, from least to the
// most that AWS allows.
func notDuration(s, example string, least time.Duration) error {
	var means []string
	for _, unit := range []string{"h", "m", "s"} {
		if d, err := time.ParseDuration(s + unit); err == nil && d >= least && d <= iam.MaxDuration {
			means = append(means, s+unit)
		}
	}
	if means == nil {
		return fmt.Errorf("%s is not a duration, as in %s", shown(s), example)
	}
	return fmt.Errorf("%s has no unit; write %s", shown(s), strings.Join(means, " or "))
}

// checkLocation accepts s3://bucket, s3://bucket/ and s3://bucket/prefix/.
func checkLocation(s string) (string, error) {
	if !strings.HasPrefix(s, "s3://") {
		return "", fmt.Errorf("%s is not a location, as in s3://bucket/prefix/", shown(s))
	}
	bucket, prefix := splitLocation(s)
	if err := checkBucket(bucket); err != nil {
		return "", err
	}
	switch {
	case prefix == "":
	case !prefixText.matches(prefix):
		return "", fmt.Errorf("%s: a prefix holds letters, digits, spaces and _ . = @ : + , - / only", shown(s))
	case !strings.HasSuffix(prefix, "/"):
		// Without the slash, s3://b/churn would cover s3://b/churn-secret/ too.
		return "", fmt.Errorf("%s must end in a slash, so that it covers nothing but what is below it", shown(s))
	case strings.Contains("/"+prefix, "//") || strings.Contains("/"+prefix, "/./") || strings.Contains("/"+prefix, "/../"):
		return "", fmt.Errorf("%s has an empty, . or .. segment, which clients resolve differently", shown(s))
	}
	return s, nil
}

func checkBucket(bucket string) error {
	if !bucketText.matches(bucket) || strings.Contains(bucket, "..") || net.ParseIP(bucket) != nil {
		return fmt.Errorf("%s is not a bucket name: 3 to 63 of a-z, 0-9, dot, hyphen", shown(bucket))
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(bucket, suffix) {
			return fmt.Errorf("%s names an access point or a bucket of another kind; policies are about general purpose buckets",
				shown(bucket))
		}
	}
	return nil
}

func splitLocation(location string) (bucket, prefix string) {
	bucket, prefix, _ = strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	return bucket, prefix
}

// checkRegion finds a slip in where a region lies. What it does not know it lets be: AWS adds regions.
func checkRegion(region string) (string, error) {
	words := strings.Split(region, "-")
	lies := len(words) - 2
	directions := []string{"north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"}
	if slices.Contains(directions, words[lies]) {
		return region, nil
	}
	near := ui.Nearest(words[lies], slices.Values(directions))
	if near == "" {
		return region, nil
	}
	wrong := shown(region)
	words[lies] = near
	return "", fmt.Errorf("%s is not an AWS region; did you mean %s?", wrong, strings.Join(words, "-"))
}

package refusal

import (
	"net/url"
	"strings"
)

// place is a bucket, with a key or a prefix where one is named.
type place struct {
	bucket, key string
	partition   string // of AWS
	listing     string // what a request was to list; "" for nothing said
	parameters  url.Values
}

// arn is the resource of an action on a place.
func (l place) arn(action string) string {
	partition := l.partition
	if partition == "" {
		partition = "aws"
	}
	switch {
	case l.bucket == "":
		return ""
	case onBucket(action) || l.key == "":
		return "arn:" + partition + ":s3:::" + l.bucket
	}
	return "arn:" + partition + ":s3:::" + l.bucket + "/" + l.key
}

// isBucket checks the form of a bucket's name, by the older and wider rule as well.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func isBucket(s string) bool {
	return len(s) >= 3 && len(s) <= 255 && only(s, func(c byte) bool { return isWord(c) || c == '.' || c == '-' || c == '_' }) && isWord(s[0])
}

// ofURI reads s3://bucket/key and its like.
func ofURI(s string) (place, bool) {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		return place{}, false
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return place{bucket: bucket, key: key}, isBucket(bucket)
}

// ofURL reads the address of a request to S3: with the bucket in the host's name, or in the path. Only AWS's hosts have it
// in the name, as far as can be told; of other hosts anyway says whether the path is to be believed.
func ofURL(s string, anyway bool) (place, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return place{}, false
	}
	host := strings.ToLower(u.Hostname())
	for _, reading := range []string{"docs.", "duckdb.org", "github", "apache.org", "databricks", "pydata.org"} {
		if strings.Contains(host, reading) { // clients name pages about the error
			return place{}, false
		}
	}
	path := strings.TrimPrefix(u.Path, "/")
	l := place{parameters: u.Query(), listing: u.Query().Get("prefix")}
	labels, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		if labels, ok = strings.CutSuffix(host, ".amazonaws.com.cn"); ok {
			l.partition = "aws-cn"
		}
	}
	if !ok {
		if labels, ok = strings.CutSuffix(host, ".amazonaws.eu"); ok {
			l.partition = "aws-eusc"
		}
	}
	if strings.Contains(labels, "us-gov-") && ok {
		l.partition = "aws-us-gov"
	}
	switch bucket, hosted := hostedBucket(labels); {
	case ok && hosted:
		l.bucket, l.key = bucket, path
	case ok && (labels == "s3" || strings.HasPrefix(labels, "s3.") || strings.HasPrefix(labels, "s3-")), !ok && anyway:
		l.bucket, l.key, _ = strings.Cut(path, "/")
	}
	return l, isBucket(l.bucket)
}

// hostedBucket takes the bucket from labels like acme-ml.s3.us-east-1, acme-ml.s3-us-west-2, acme-ml.s3.
func hostedBucket(labels string) (string, bool) {
	for _, service := range []string{".s3.", ".s3-"} {
		if at := strings.LastIndex(labels, service); at > 0 {
			return labels[:at], true
		}
	}
	return strings.CutSuffix(labels, ".s3")
}

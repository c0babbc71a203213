package place

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/s3"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// object is one in S3: s3://bucket/key, with ?region= and ?profile= where neither the environment nor what AWS gives the
// machine is right.
type object struct{ bucket, key, region, profile string }

func parseS3(from string) (Place, error) {
	o, err := objectOf(from)
	if err != nil {
		return nil, invalid(fmt.Errorf("%s: %w", bare(from), err)).
			With(ui.Advice("write it as s3://BUCKET/KEY, with ?region=REGION, and ?profile=PROFILE for one of the AWS CLI"))
	}
	return o, nil
}

func objectOf(from string) (object, error) {
	rest, query, _ := strings.Cut(from[len("s3://"):], "?")
	var o object
	o.bucket, o.key, _ = strings.Cut(rest, "/")
	values, err := url.ParseQuery(query)
	switch {
	case from != ui.Clean(from):
		return o, errors.New("it holds control characters")
	case !s3.IsBucket(o.bucket):
		return o, errors.New("no bucket is called so")
	case o.key == "" || len(o.key) > 1024 || strings.HasSuffix(o.key, "/"):
		return o, errors.New("it names no object")
	case err != nil:
		return o, errors.New("its query is damaged")
	}
	for name, value := range values {
		switch {
		case len(value) != 1:
			return o, errors.New("its query says something twice")
		case name == "region" && iam.IsRegion(value[0]):
			o.region = value[0]
		case name == "profile" && value[0] != "" && value[0] == ui.Clean(value[0]) && len(value[0]) <= 200 && !strings.HasPrefix(value[0], "-"):
			o.profile = value[0]
		default:
			return o, errors.New("nothing but a region of AWS and a profile may stand behind the question mark")
		}
	}
	return o, nil
}

func (o object) String() string {
	query := url.Values{}
	for name, value := range map[string]string{"region": o.region, "profile": o.profile} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "s3://" + o.bucket + "/" + o.key
	}
	return "s3://" + o.bucket + "/" + o.key + "?" + query.Encode()
}

func (o object) Shown() string { return ui.Clean(o.String()) }
func (o object) Named() string { return ui.Word(o.Shown()) }
func (o object) Quick() bool   { return o.profile == "" }

func (o object) read(ctx context.Context, t *Tools, tag string) (*Content, error) {
	with, err := t.S3()
	if err != nil {
		return nil, err
	}
	keys, err := with.Keys(ctx, o.profile)
	if ui.CodeOf(err) == ui.LoginNeeded {
		return nil, ui.Errorf("map-s3-keys-none", ui.Failed, "there is nothing to read %s with: %w", o.Shown(), err).
			With(ui.Advice("sign in with the AWS CLI, and name its profile:"), ui.Command("aws sso login --profile PROFILE", "dbxaccess init 's3://"+ui.Clean(o.bucket+"/"+o.key)+"?profile=PROFILE'"))
	}
	if err != nil {
		return nil, err
	}
	get := bucketReader{http: t.HTTP, s3: with, keys: keys, region: cmp.Or(o.region, with.Region, "us-east-1")}
	a, err := get.object(ctx, o, o.key, tag)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Status == http.StatusNotModified && tag != "":
		return &Content{Tag: tag, Unchanged: true}, nil
	case a.OK():
		return &Content{Data: a.Body, Tag: usableETag(a.Header.Get("ETag")), signature: func(ctx context.Context) ([]byte, string, error) {
			return get.signature(ctx, o)
		}}, nil
	}
	return nil, o.refused(a, get.region)
}

// bucketReader reads objects of one bucket.
type bucketReader struct {
	http   *http.Client
	s3     S3
	keys   *credential.AWS
	region string
}

// object asks for one, and once more where S3 says in which region the bucket is: at AWS's own host of that region, since a
// redirect could lead anywhere.
func (b *bucketReader) object(ctx context.Context, o object, key, tag string) (*httpclient.Answer, error) {
	a, err := b.ask(ctx, o, key, tag)
	redirect, moved := errors.AsType[*httpclient.RedirectError](err)
	there := ""
	switch {
	case moved:
		there = redirect.Region
	case err != nil:
		return nil, err
	case !a.OK() && a.Status != http.StatusNotModified:
		there = a.Header.Get("X-Amz-Bucket-Region")
	}
	switch {
	case there != b.region && iam.IsRegion(there):
		b.region = there
		return b.ask(ctx, o, key, tag)
	case moved:
		return nil, o.elsewhere(b.region, err.Error())
	}
	return a, nil
}

func (b *bucketReader) ask(ctx context.Context, o object, key, tag string) (*httpclient.Answer, error) {
	endpoint, err := httpclient.CheckEndpoint(s3.EndpointVariable, b.s3.Endpoint, b.s3.TrustedHosts, iam.IsS3Host)
	if err != nil {
		return nil, err
	}
	where := s3.Where{Endpoint: strings.TrimSuffix(endpoint, "/"), Region: b.region, Hosts: b.s3.Hosts}
	address, err := where.Address(o.bucket, key, nil)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if tag != "" {
		header.Set("If-None-Match", tag)
	}
	r, err := where.Get(ctx, address, header, b.keys, b.s3.Now())
	if err != nil {
		return nil, err
	}
	return httpclient.Do(b.http, httpclient.Asked{Doing: "reading s3://" + ui.Clean(o.bucket+"/"+key), Of: "S3", Named: "the address that dbxaccess init was given"}, r)
}

func (b *bucketReader) signature(ctx context.Context, o object) (text []byte, place string, err error) {
	place = "s3://" + ui.Clean(o.bucket+"/"+o.key) + signatureSuffix
	a, err := b.object(ctx, o, o.key+signatureSuffix, "")
	switch {
	case err != nil:
		return nil, place, err
	case a.OK() && len(a.Body) <= MaxSignature:
		return a.Body, place, nil
	case a.OK():
		return nil, place, nil
	case a.Status == http.StatusNotFound, a.Status == http.StatusForbidden: // which is said of what is not there to those who may not list
		return nil, place, fmt.Errorf("%w: %d %s", ErrNoSignature, a.Status, http.StatusText(a.Status))
	}
	return nil, place, o.refused(a, b.region)
}

// refused says what S3's answer means. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func (o object) refused(a *httpclient.Answer, region string) error {
	var said struct{ Code, Message string }
	if a.IsPage() || len(a.Body) > 64<<10 || xml.NewDecoder(bytes.NewReader(a.Body)).Decode(&said) != nil && a.Status >= 500 {
		return a.NoAnswer()
	}
	words := a.Shown(said.Code+" "+said.Message, 300)
	switch {
	case said.Code == "NoSuchBucket":
		return ui.Errorf("map-s3-missing", ui.Failed, "there is no bucket %s", o.bucket).With(ui.Advice("check the address"))
	case a.Status == http.StatusNotFound:
		return ui.Errorf("map-s3-missing", ui.Failed, "the bucket %s has no object %s", o.bucket, ui.Clean(o.key)).With(ui.Advice("check the address"))
	case said.Code == "ExpiredToken" || said.Code == "InvalidToken" || said.Code == "RequestTimeTooSkewed":
		return ui.Errorf("map-s3-keys-over", ui.Failed, "S3 does not take the credentials for %s: %s", o.Shown(), words).
			With(ui.Advice("renew them; with a profile of the AWS CLI:"), ui.Command("aws sso login --profile "+ui.Word(cmp.Or(o.profile, "PROFILE"))))
	case a.Status == http.StatusForbidden, a.Status == http.StatusUnauthorized:
		return ui.Errorf("map-s3-denied", ui.Failed, "S3 does not give %s: %d %s", o.Shown(), a.Status, words).
			With(ui.Advice("it takes s3:GetObject, and s3:ListBucket to be told that nothing is there, and kms:Decrypt where it is encrypted with a key",
				"to read it as somebody else, add ?profile=PROFILE to the address"))
	case a.Status == http.StatusBadRequest:
		return o.elsewhere(region, words)
	}
	return a.NoAnswer()
}

func (o object) elsewhere(region, said string) error {
	return ui.Errorf("map-s3-region", ui.Failed, "the bucket %s is not in %s, and S3 does not say where: %s", o.bucket, region, said).
		With(ui.Advice("add ?region=REGION to the address"))
}

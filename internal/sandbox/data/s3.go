package data

import (
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
)

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
func (s *Services) listBuckets(r *http.Request) *harness.Reply {
	caller, failed := s.allowed(r, "s3", "s3:ListAllMyBuckets", "*", "*")
	if failed != nil {
		return s3Failure(failed.code, failed.message)
	}
	type listed struct{ Name, BucketRegion string }
	var own []listed
	for _, b := range s.estate.Buckets {
		if b.Account == caller.Account && strings.HasPrefix(b.Name, r.URL.Query().Get("prefix")) {
			own = append(own, listed{b.Name, b.Region})
		}
	}
	some, next, ok := page(s, own, r.URL.Query().Get("continuation-token"))
	if !ok {
		return s3Failure("InvalidRequest", "the continuation token is none")
	}
	return xmlReply(http.StatusOK, struct {
		XMLName           xml.Name `xml:"ListAllMyBucketsResult"`
		Buckets           []listed `xml:"Buckets>Bucket"`
		ContinuationToken string   `xml:",omitempty"`
	}{Buckets: some, ContinuationToken: next})
}

// named is the bucket of a request, of whose account the caller is, unless S3 answers otherwise.
func (s *Services) named(r *http.Request, action string) (*Bucket, aws.Caller, *fault) {
	name := r.PathValue("bucket")
	caller, failed := s.allowed(r, "s3", action, name, "arn:aws:s3:::"+name)
	if failed != nil {
		return nil, caller, failed
	}
	at := slices.IndexFunc(s.estate.Buckets, func(b *Bucket) bool { return b.Name == name })
	if at < 0 {
		return nil, caller, &fault{"NoSuchBucket", "The specified bucket does not exist"}
	}
	b := s.estate.Buckets[at]
	expected := r.Header.Get("X-Amz-Expected-Bucket-Owner")
	switch {
	case b.Account != caller.Account, expected != "" && expected != b.Account:
		return nil, caller, &fault{"AccessDenied", "Access Denied"}
	case caller.Region != b.Region && action == "s3:ListBucket": // who asks whether it is there can't know its region
		return nil, caller, &fault{"PermanentRedirect", ""}
	case caller.Region != b.Region && action != "s3:GetBucketLocation":
		s.h.Unexpectedf("%s %s: signed for %s, the bucket is in %s", r.Method, r.URL.Path, caller.Region, b.Region)
		return nil, caller, &fault{"PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint."}
	}
	return b, caller, nil
}

func (s *Services) headBucket(r *http.Request) *harness.Reply {
	reply := &harness.Reply{Status: http.StatusOK, Header: http.Header{"X-Amz-Request-Id": {harness.UUID()}}}
	if _, _, failed := s.named(r, "s3:ListBucket"); failed != nil {
		reply.Status = http.StatusForbidden
		if failed.code == "NoSuchBucket" {
			reply.Status = http.StatusNotFound
		}
	}
	return reply
}

// part is what a query asks of a bucket: the permission that it takes, the answer, and how it is changed.
type part struct {
	read, write string
	answer      func(b *Bucket) (any, *fault)
	change      func(b *Bucket, body []byte) error
}

func parts() map[string]part {
	return map[string]part{
		"location":          {"s3:GetBucketLocation", "", location, nil},
		"encryption":        {"s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", encryption, putEncryption},
		"publicAccessBlock": {"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", publicAccessBlock, putPublicAccessBlock},
		"ownershipControls": {"s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls", ownershipControls, putOwnershipControls},
		"acl":               {"s3:GetBucketAcl", "", acl, nil},
		"policy":            {"s3:GetBucketPolicy", "s3:PutBucketPolicy", policy, putPolicy},
		"policyStatus":      {"s3:GetBucketPolicyStatus", "", policyStatus, nil},
		"versioning":        {"s3:GetBucketVersioning", "s3:PutBucketVersioning", versioning, putVersioning},
	}
}

// asked is the part that a request's query names.
func (s *Services) asked(r *http.Request) (part, bool) {
	for name := range r.URL.Query() {
		if of, known := parts()[name]; known {
			return of, true
		}
	}
	s.h.Unexpectedf("%s %s: query %v", r.Method, r.URL.Path, slices.Sorted(maps.Keys(r.URL.Query())))
	return part{}, false
}

func (s *Services) getBucket(r *http.Request) *harness.Reply {
	of, known := s.asked(r)
	if !known {
		return s3Failure("InvalidRequest", "not known here")
	}
	b, _, failed := s.named(r, of.read)
	if failed != nil {
		return s3Failure(failed.code, failed.message)
	}
	body, failed := of.answer(b)
	if failed != nil {
		return s3Failure(failed.code, failed.message)
	}
	if document, is := body.(iam.Document); is {
		return &harness.Reply{Status: http.StatusOK, ContentType: "application/json", Header: http.Header{"X-Amz-Request-Id": {harness.UUID()}}, Body: []byte(document)}
	}
	return xmlReply(http.StatusOK, body)
}

func (s *Services) putBucket(r *http.Request) *harness.Reply {
	of, known := s.asked(r)
	if !known || of.change == nil {
		return s3Failure("InvalidRequest", "not known here")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return s3Failure("InvalidRequest", err.Error())
	}
	r.Body = io.NopCloser(strings.NewReader(string(body))) // the signature is over it
	b, _, failed := s.named(r, of.write)
	if failed != nil {
		return s3Failure(failed.code, failed.message)
	}
	if err := of.change(b, body); err != nil {
		return s3Failure("MalformedXML", err.Error())
	}
	return &harness.Reply{Status: http.StatusOK, Header: http.Header{"X-Amz-Request-Id": {harness.UUID()}}}
}

func location(b *Bucket) (any, *fault) {
	region := b.Region
	if region == "us-east-1" {
		region = ""
	}
	return struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		Text    string   `xml:",chardata"`
	}{Text: region}, nil
}

type encryptionRule struct {
	By struct {
		SSEAlgorithm   string
		KMSMasterKeyID string `xml:",omitempty"`
	} `xml:"ApplyServerSideEncryptionByDefault"`
	BucketKeyEnabled bool
}

type encryptionConfiguration struct {
	XMLName xml.Name         `xml:"ServerSideEncryptionConfiguration"`
	Rules   []encryptionRule `xml:"Rule"`
}

func encryption(b *Bucket) (any, *fault) {
	if b.Encryption == nil {
		return nil, &fault{"ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"}
	}
	rule := encryptionRule{BucketKeyEnabled: b.Encryption.BucketKeyEnabled}
	rule.By.SSEAlgorithm, rule.By.KMSMasterKeyID = b.Encryption.SSEAlgorithm, b.Encryption.KMSMasterKeyID
	return encryptionConfiguration{Rules: []encryptionRule{rule}}, nil
}

func putEncryption(b *Bucket, body []byte) error {
	var sent encryptionConfiguration
	if err := xml.Unmarshal(body, &sent); err != nil {
		return err
	}
	for _, rule := range sent.Rules {
		b.Encryption = &Encryption{rule.By.SSEAlgorithm, rule.By.KMSMasterKeyID, rule.BucketKeyEnabled}
	}
	return nil
}

type blockConfiguration struct {
	XMLName xml.Name `xml:"PublicAccessBlockConfiguration"`
	Block
}

func publicAccessBlock(b *Bucket) (any, *fault) {
	if b.PublicAccessBlock == nil {
		return nil, &fault{"NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"}
	}
	return blockConfiguration{Block: *b.PublicAccessBlock}, nil
}

func putPublicAccessBlock(b *Bucket, body []byte) error {
	var sent blockConfiguration
	err := xml.Unmarshal(body, &sent)
	b.PublicAccessBlock = &sent.Block
	return err
}

type ownership struct {
	XMLName xml.Name                           `xml:"OwnershipControls"`
	Rules   []struct{ ObjectOwnership string } `xml:"Rule"`
}

func ownershipControls(b *Bucket) (any, *fault) {
	if b.ObjectOwnership == "" {
		return nil, &fault{"OwnershipControlsNotFoundError", "The bucket ownership controls were not found"}
	}
	return ownership{Rules: []struct{ ObjectOwnership string }{{b.ObjectOwnership}}}, nil
}

func putOwnershipControls(b *Bucket, body []byte) error {
	var sent ownership
	err := xml.Unmarshal(body, &sent)
	for _, rule := range sent.Rules {
		b.ObjectOwnership = rule.ObjectOwnership
	}
	return err
}

func policy(b *Bucket) (any, *fault) {
	if b.Policy == "" {
		return nil, &fault{"NoSuchBucketPolicy", "The bucket policy does not exist"}
	}
	return b.Policy, nil
}

func putPolicy(b *Bucket, body []byte) error {
	b.Policy = iam.Document(body)
	return nil
}

func policyStatus(b *Bucket) (any, *fault) {
	if b.Policy == "" {
		return nil, &fault{"NoSuchBucketPolicy", "The bucket policy does not exist"}
	}
	return struct {
		XMLName  xml.Name `xml:"PolicyStatus"`
		IsPublic bool
	}{IsPublic: b.IsPublic}, nil
}

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:",omitempty"`
}

func versioning(b *Bucket) (any, *fault) {
	return versioningConfiguration{Status: b.VersioningStatus}, nil
}

func putVersioning(b *Bucket, body []byte) error {
	var sent versioningConfiguration
	err := xml.Unmarshal(body, &sent)
	b.VersioningStatus = sent.Status
	return err
}

// owner is the canonical ID of an account.
func owner(account string) string { return strings.Repeat(account, 6)[:64] }

func acl(b *Bucket) (any, *fault) {
	type grantee struct {
		Namespace string `xml:"xmlns:xsi,attr"`
		Type      string `xml:"xsi:type,attr"`
		ID        string `xml:",omitempty"`
		URI       string `xml:",omitempty"`
	}
	type grant struct {
		Grantee    grantee
		Permission string
	}
	const instance = "http://www.w3.org/2001/XMLSchema-instance"
	body := struct {
		XMLName xml.Name `xml:"AccessControlPolicy"`
		Owner   struct{ ID string }
		Grants  []grant `xml:"AccessControlList>Grant"`
	}{}
	body.Owner.ID = owner(b.Account)
	body.Grants = []grant{{grantee{instance, "CanonicalUser", body.Owner.ID, ""}, "FULL_CONTROL"}}
	for _, g := range b.Grants {
		body.Grants = append(body.Grants, grant{grantee{instance, g.Type, g.ID, g.URI}, g.Permission})
	}
	return body, nil
}

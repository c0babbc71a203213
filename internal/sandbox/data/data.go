// Package data is the double of what stands around data at AWS: how buckets of S3 are set up, S3 Control, keys of KMS, trails of
// CloudTrail, places of Lake Formation.
//
// In come signed requests of AWS's own clients, and what the services shall hold (Estate); out go AWS's answers, lists in pages, and
// its errors. It checks signatures, regions, whose each thing is, and session policies; what a role itself allows is taken for enough,
// but for Estate.Denied. What is changed by a request stays changed. It has no objects.
package data

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
)

// Estate is what there is, of one account or several. As JSON it has the names of AWS's own answers, where these have one.
type Estate struct {
	Buckets  []*Bucket
	Accounts []*AccountBlock // what accounts block of public access
	Keys     []*Key
	Trails   []*Trail
	Lakes    []Lake
	// Denied are actions that nobody may, as in s3:GetBucketPolicy, or on one thing, as in "s3:GetBucketPolicy acme-ml".
	Denied []string
	// PageSize is how many entries a page has at most; 0: as AWS has it.
	PageSize int
}

// Block are the four settings that block public access.
type Block struct{ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool }

// AccountBlock are those of a whole account.
type AccountBlock struct {
	Account string
	Block
}

// Bucket is one, as it is set up. What is nil was never set.
type Bucket struct {
	Name, Account, Region string

	Encryption        *Encryption
	PublicAccessBlock *Block
	ObjectOwnership   string
	Grants            []Grant // beside the owner's
	Policy            iam.Document
	IsPublic          bool // what S3 says of the policy
	VersioningStatus  string
	AccessPoints      []*AccessPoint
}

// Encryption is a bucket's default.
type Encryption struct {
	SSEAlgorithm, KMSMasterKeyID string
	BucketKeyEnabled             bool
}

// Grant is one of an access control list.
type Grant struct{ Type, URI, ID, Permission string }

// AccessPoint is one of a bucket's.
type AccessPoint struct {
	Name, VpcID       string
	Policy            iam.Document
	PublicAccessBlock *Block
}

// Key is one of KMS.
type Key struct {
	Arn, KeyState, KeyManager, KeySpec, Origin string // "" for an enabled symmetric key of the customer's
	KeyRotationEnabled                         bool
	DeletionDate                               float64 // seconds since 1970; 0 for none
	Policy                                     iam.Document
}

// Trail is one of CloudTrail's.
type Trail struct {
	TrailARN, HomeRegion                    string
	IsMultiRegionTrail, IsOrganizationTrail bool
	LogFileValidationEnabled, IsLogging     bool
	LatestDeliveryError                     string
	EventSelectors, AdvancedEventSelectors  []map[string]any
}

// Lake is a place that is registered with Lake Formation.
type Lake struct {
	Region, ResourceArn, RoleArn string
	HybridAccessEnabled          bool
}

// ReadEstate reads one as JSON. Members that there are not are refused.
func ReadEstate(data []byte) (Estate, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var e Estate
	err := decoder.Decode(&e)
	return e, err
}

// Services are the doubles.
type Services struct {
	h        *harness.Harness
	accounts *aws.Account
	estate   Estate
}

// New is one that has nothing yet.
func New(h *harness.Harness, accounts *aws.Account) *Services {
	return &Services{h: h, accounts: accounts}
}

// Settle replaces what there is.
func (s *Services) Settle(estate Estate) {
	s.h.Lock()
	defer s.h.Unlock()
	s.estate = estate
}

const (
	s3Path    = "/s3/"
	kmsPath   = "/kms/"
	trailPath = "/cloudtrail/"
	lakePath  = "/lakeformation/"
)

// DataURLs are what AWS_ENDPOINT_URL_S3, …_KMS, …_CLOUDTRAIL and …_LAKEFORMATION are set to, as NAME=VALUE. S3 Control is where
// S3 Access Grants are.
func (s *Services) DataURLs() []string {
	var all []string
	for _, of := range [][2]string{{"S3", s3Path}, {"KMS", kmsPath}, {"CLOUDTRAIL", trailPath}, {"LAKEFORMATION", lakePath}} {
		all = append(all, "AWS_ENDPOINT_URL_"+of[0]+"="+s.h.Origin()+of[1])
	}
	return all
}

// Routes are those of all services.
func (s *Services) Routes() []harness.Route {
	target := func(r *http.Request) string {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return operation
	}
	routes := []harness.Route{
		{Endpoint: harness.S3, Method: http.MethodHead, Path: s3Path + "{bucket}", Answer: s.headBucket, Error: s3Failure},
		{Endpoint: harness.S3, Method: http.MethodGet, Path: s3Path + "{bucket}", Answer: s.getBucket, Error: s3Failure},
		{Endpoint: harness.S3, Method: http.MethodPut, Path: s3Path + "{bucket}", Answer: s.putBucket, Error: s3Failure},
		{Endpoint: harness.LakeFormation, Method: http.MethodPost, Path: lakePath + "ListResources", Answer: s.listResources, Body: isJSON, Error: jsonFailure},
	}
	for _, end := range []string{"", "/"} { // the SDK's older clients put a slash behind an address, the newer ones don't
		at := func(path string) string { return strings.TrimSuffix(path, "/") + end }
		routes = append(routes,
			harness.Route{Endpoint: harness.S3, Method: http.MethodGet, Path: at(s3Path), Answer: s.listBuckets, Error: s3Failure},
			harness.Route{Endpoint: harness.KMS, Method: http.MethodPost, Path: at(kmsPath), Answer: s.kms, Detail: target, Body: isJSON, Error: jsonFailure},
			harness.Route{Endpoint: harness.CloudTrail, Method: http.MethodPost, Path: at(trailPath), Answer: s.cloudTrail, Detail: target, Body: isJSON, Error: jsonFailure},
		)
	}
	for path, answer := range map[string]func(*http.Request) *harness.Reply{
		"configuration/publicAccessBlock": s.accountBlock, "accesspoint": s.listAccessPoints,
		"accesspoint/{name}": s.getAccessPoint, "accesspoint/{name}/policy": s.accessPointPolicy,
	} {
		routes = append(routes, harness.Route{Endpoint: harness.S3Control, Method: http.MethodGet, Path: "/v20180820/" + path, Answer: answer, Error: controlFailure})
	}
	return routes
}

// fault is an error that a service answers with.
type fault struct{ code, message string }

// allowed finds who asks, and whether they may.
func (s *Services) allowed(r *http.Request, service, action, thing, arn string) (aws.Caller, *fault) {
	caller, code, message := s.accounts.Caller(r, service, action)
	switch {
	case code != "":
		return caller, &fault{code, message}
	case !caller.May(action, arn), slices.Contains(s.estate.Denied, action), slices.Contains(s.estate.Denied, action+" "+thing):
		return caller, &fault{"AccessDenied", "User: " + caller.ARN + " is not authorized to perform: " + action + " on resource: " + arn}
	}
	return caller, nil
}

// page is the part of a list that a token asks for, and the token of the next, "" for none.
func page[T any](s *Services, all []T, token string) (part []T, next string, ok bool) {
	from := 0
	if token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "after-"))
		if err != nil || n <= 0 || n >= len(all) {
			return nil, "", false
		}
		from = n
	}
	size := s.estate.PageSize
	if size == 0 {
		size = 1000
	}
	to := min(from+size, len(all))
	if to < len(all) {
		next = "after-" + strconv.Itoa(to)
	}
	return all[from:to], next, true
}

// xmlReply is an answer of S3's.
func xmlReply(status int, body any) *harness.Reply {
	text, err := xml.Marshal(body)
	if err != nil {
		return harness.Text(http.StatusInternalServerError, err.Error())
	}
	return &harness.Reply{
		Status: status, ContentType: "application/xml", Header: http.Header{"X-Amz-Request-Id": {harness.UUID()}},
		Body: append([]byte(xml.Header), text...),
	}
}

// s3Failure is an error answer of S3's, with the status that belongs to its code.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func s3Failure(code, message string) *harness.Reply {
	status := http.StatusBadRequest
	switch {
	case strings.HasPrefix(code, "NoSuch"), strings.HasSuffix(code, "NotFoundError"):
		status = http.StatusNotFound
	case code == "SlowDown", code == "ServiceUnavailable":
		status = http.StatusServiceUnavailable
	case code == "InternalError":
		status = http.StatusInternalServerError
	case code == "PermanentRedirect":
		status = http.StatusMovedPermanently
	case code != "InvalidRequest" && code != "MalformedXML":
		status = http.StatusForbidden
	}
	return xmlReply(status, struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: message})
}

// jsonReply is an answer of the services that speak JSON.
func jsonReply(status int, fields map[string]any) *harness.Reply {
	reply := harness.JSON(status, fields)
	reply.ContentType, reply.Header = "application/x-amz-json-1.1", http.Header{"X-Amzn-Requestid": {harness.UUID()}}
	return reply
}

func jsonFailure(code, message string) *harness.Reply {
	status := http.StatusBadRequest
	if code == "InternalFailure" || code == "ServiceUnavailableException" {
		status = http.StatusInternalServerError
	}
	if code == "AccessDenied" {
		code = "AccessDeniedException"
	}
	return jsonReply(status, map[string]any{"__type": code, "message": message, "Message": message})
}

func isJSON(_ *http.Request, body []byte) (status int, why string) {
	if !json.Valid(body) {
		return http.StatusBadRequest, "the body is no JSON"
	}
	return 0, ""
}

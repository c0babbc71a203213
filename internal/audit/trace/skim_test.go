package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"
)

// object is what encoding/json reads: of a name that occurs twice the last counts.
type object map[string]any

func (o object) text(name string) string {
	said, _ := o[name].(string)
	return said
}

func (o object) inner(name string) object {
	member, _ := o[name].(map[string]any)
	return member
}

func (o object) amount(name string) int64 {
	if n, ok := o[name].(json.Number); ok {
		if amount, err := amount([]byte(n)); err == nil {
			return amount
		}
	}
	return -1
}

// decoded is what an entry says by encoding/json.
func decoded(data []byte) (said map[string]string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var o object
	if !json.Valid(data) || d.Decode(&o) != nil || o == nil {
		return nil, false
	}
	user, request, additional := o.inner("userIdentity"), o.inner("requestParameters"), o.inner("additionalEventData")
	session := user.inner("sessionContext")
	said = map[string]string{
		"time": o.text("eventTime"), "source": o.text("eventSource"), "name": o.text("eventName"), "region": o.text("awsRegion"),
		"address": o.text("sourceIPAddress"), "failure": o.text("errorCode"), "id": o.text("eventID"), "shared": o.text("sharedEventID"),
		"recipient": o.text("recipientAccountId"), "key": user.text("accessKeyId"), "arn": user.text("arn"), "principal": user.text("principalId"),
		"role": session.inner("sessionIssuer").text("arn"), "source identity": session.text("sourceIdentity"),
		"bucket": request.text("bucketName"), "object": request.text("key"), "prefix": request.text("prefix"), "copied": request.text("x-amz-copy-source"),
		"in": fmt.Sprint(additional.amount("bytesTransferredIn")), "out": fmt.Sprint(additional.amount("bytesTransferredOut")),
		"resource": resourceOf(o["resources"]),
	}
	return said, true
}

func resourceOf(v any) (best string) {
	list, _ := v.([]any)
	for _, one := range list {
		member, _ := one.(map[string]any)
		arn := object(member).text("ARN")
		_, name, ok := bytes.Cut([]byte(arn), []byte(":s3:::"))
		switch {
		case ok && bytes.IndexByte(name, '/') > 0:
			return arn
		case ok && best == "":
			best = arn
		}
	}
	return best
}

// skimmed is what an entry says by the skimmer.
func skimmed(e *event) map[string]string {
	c := e.caller
	if c == nil {
		c = &caller{}
	}
	return map[string]string{
		"time": string(e.time), "source": string(e.source), "name": string(e.name), "region": string(e.region), "address": string(e.address),
		"failure": string(e.failure), "id": string(e.id), "shared": string(e.sharedID), "recipient": string(e.recipient), "key": string(c.keyID),
		"arn": string(c.arn), "principal": string(c.principal), "role": string(c.roleARN), "source identity": string(c.sourceID),
		"bucket": string(e.bucket), "object": string(e.key), "prefix": string(e.prefix), "copied": string(e.copied),
		"in": fmt.Sprint(e.bytesIn), "out": fmt.Sprint(e.bytesOut), "resource": string(e.resource),
	}
}

// getObject is an entry as CloudTrail writes it, in the form of
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
const getObject = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE0TRAINER01:alice@acme.example","arn":"arn:aws:sts::111122223333:assumed-role/ml-trainer/alice@acme.example","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE0TRAINER01","arn":"arn:aws:iam::111122223333:role/ml-trainer","accountId":"111122223333","userName":"ml-trainer"},"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/login.acme.example","attributes":{}},"attributes":{"creationDate":"2026-11-28T09:00:00Z","mfaAuthenticated":"false"},"sourceIdentity":"alice"}},"eventTime":"2026-11-28T09:12:31Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"[Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.3 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.40.1]","requestParameters":{"bucketName":"acme-ml","Host":"acme-ml.s3.us-east-1.amazonaws.com","key":"churn/part-00001.parquet"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0.0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran","bytesTransferredOut":1048576},"requestID":"79104EXAMPLEB723","eventID":"cdc4b7ed-e171-4cef-975a-ad829d4123e8","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-ml/churn/part-00001.parquet"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-ml"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"acme-ml.s3.us-east-1.amazonaws.com"}}`

func TestSkimKnowsWhatCloudTrailWrites(t *testing.T) {
	t.Parallel()
	s := skimmer{b: []byte(getObject), known: &callers{}}
	end, err := s.entry(0)
	if err != nil || end != len(getObject) {
		t.Fatal(end, err)
	}
	for name, want := range map[string]string{
		"time": "2026-11-28T09:12:31Z", "source": "s3.amazonaws.com", "name": "GetObject", "key": "ASIAEXAMPLE000000001",
		"role": "arn:aws:iam::111122223333:role/ml-trainer", "source identity": "alice", "object": "churn/part-00001.parquet", "bucket": "acme-ml",
		"out": "1048576", "in": "0", "resource": "arn:aws:s3:::acme-ml/churn/part-00001.parquet", "id": "cdc4b7ed-e171-4cef-975a-ad829d4123e8",
	} {
		if got := skimmed(&s.e)[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestOriginIdentityIsFoundHoweverItIsSpelled(t *testing.T) {
	t.Parallel()
	for _, identity := range []string{
		`{"originIdentity":{"subject":"00u1alice","subjectType":"user","issuer":"login.acme.example"}}`,
		`{"sessionContext":{"originIdentity":{"Subject":"00u1alice","Issuer":"login.acme.example"}}}`,
		`{"sessionContext":{"OriginIdentity":{"Subject":"00u1alice","Issuer":"login.acme.example"}}}`,
		`{"sessionContext":{"aws:OriginIdentity/Subject":"00u1alice","aws:OriginIdentity/Issuer":"login.acme.example"}}`,
	} {
		s := skimmer{b: []byte(`{"userIdentity":` + identity + `}`), known: &callers{}}
		if _, err := s.entry(0); err != nil || string(s.e.caller.originUser) != "00u1alice" || string(s.e.caller.originFrom) != "login.acme.example" {
			t.Errorf("%s: %q, %q, %v", identity, s.e.caller.originUser, s.e.caller.originFrom, err)
		}
	}
}

// FuzzSkim holds the skimmer to what encoding/json reads: where a text is JSON, it finds the same end and the same texts. At every
// place where the text may be cut, it asks for more.
func FuzzSkim(f *testing.F) {
	for _, seed := range []string{
		getObject, `{}`, ` { "eventID" : "\u0061\"\\" , "eventID":null}`, `{"\u0065ventID":"x","eventTime":"\ud800"}`, "{\"eventID\":\"\xff\"}",
		`{"resources":[1,"x",{"ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::b/k"},{}]}`, `{"resources":[]}`, `{"resources":{"ARN":"x"}}`,
		`{"userIdentity":{"arn":"a","sessionContext":{"sessionIssuer":{"arn":"r"},"sessionIssuer":7}},"userIdentity":{"accessKeyId":""}}`,
		`{"additionalEventData":{"bytesTransferredOut":1e3,"bytesTransferredIn":-1}}`, `{"additionalEventData":{"bytesTransferredOut":1e999}}`,
		`{"a":[[[[{"b":"]}"}]]]],"eventID":"x"}`, `{"requestParameters":{"key":"\\"},"additionalEventData":[]}`, `{"eventName":tru}`, `{"a":[}],"eventID":"e"}`,
		`{"x":"` + "\n" + `","eventID":"a` + "\t" + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || data[0] != '{' || !utf8.Valid(data) { // what is no UTF-8 stays as it is until it is printed
			return
		}
		s, learned := skimmer{b: data, known: &callers{}}, skimmer{known: &callers{}}
		end, err := s.entry(0)
		if err == nil && (end < 2 || end > len(data)) {
			t.Fatalf("ends at %d of %d", end, len(data))
		}
		said, ok := decoded(data)
		if !ok {
			return
		}
		if err != nil || space(data, end) != len(data) {
			t.Fatalf("%s: ends at %d of %d, %v", data, end, len(data), err)
		}
		for name, got := range skimmed(&s.e) {
			if got != said[name] {
				t.Fatalf("%s\n%s: %q, encoding/json says %q", data, name, got, said[name])
			}
		}
		if again, err := s.entry(0); err != nil || again != end || s.e.caller != nil && string(s.e.caller.keyID) != said["key"] {
			t.Fatalf("%s: read again, it ends at %d, not %d, %v", data, again, end, err)
		}
		// What was read before says where this may go on, and nothing of what it says.
		if _, err := learned.read([]byte(getObject)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if again, err := learned.read(data); err != nil || again != end {
				t.Fatalf("%s: read after others, it ends at %d, not %d, %v", data, again, end, err)
			}
			for name, got := range skimmed(&learned.e) {
				if got != said[name] {
					t.Fatalf("%s\n%s: %q after others, encoding/json says %q", data, name, got, said[name])
				}
			}
		}
		for cut := 1; cut < end && cut < 4096; cut++ {
			if _, err := learned.read(data[:cut:cut]); err != errMore { //nolint:errorlint // as below
				t.Fatalf("%s after others: %v", data[:cut], err)
			}
			part := skimmer{b: data[:cut:cut], known: &callers{}}
			if _, err := part.entry(0); err != errMore { //nolint:errorlint // it is never wrapped, and compared a thousand times
				t.Fatalf("%s: %v", data[:cut], err)
			}
		}
	})
}

// read reads an entry with what was learned of others.
func (s *skimmer) read(data []byte) (int, error) {
	s.b = data
	return s.entry(0)
}

func BenchmarkSkim(b *testing.B) {
	s := skimmer{b: []byte(getObject), known: &callers{}}
	b.SetBytes(int64(len(getObject)))
	for b.Loop() {
		if _, err := s.entry(0); err != nil {
			b.Fatal(err)
		}
	}
}

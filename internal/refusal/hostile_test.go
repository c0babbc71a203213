package refusal

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// The secrets of these texts, none of which is real, stand where people paste them.
func TestSecretsAreNotEchoed(t *testing.T) {
	t.Parallel()
	const (
		keyID   = "ASIAEXAMPLEEXAMPLE00"
		key     = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
		token   = "IQoJb3JpZ2luX2VjEXAMPLEEXAMPLEEXAMPLE//////////wEaCXVzLWVhc3QtMSJGMEQCIE"
		dapi    = "dapi0123456789abcdef0123456789abcdef"
		jwt     = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
		signed  = "6bb39e8396a2b799276721e53feeb926f68e2f988487580c29b93134c5ce3e15"
		pass    = "hunter2-hunter2"
		refused = `is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/churn/x" because no session policy allows the s3:GetObject action`
	)
	secrets := []string{keyID, key, token, dapi, jwt, signed, pass}
	for i, text := range []string{
		"AWS_ACCESS_KEY_ID=" + keyID + " AWS_SECRET_ACCESS_KEY=" + key + " AWS_SESSION_TOKEN=" + token + " python train.py\nUser: arn:aws:sts::111122223333:assumed-role/ml-reader/ada@acme.com " + refused,
		"User: arn:aws:sts::111122223333:assumed-role/ml-reader/" + keyID + " " + refused,
		"User: arn:aws:sts::111122223333:assumed-role/" + dapi + "/ada " + refused,
		`User: arn:aws:iam::111122223333:user/ada is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/` + key + `" because no session policy allows it`,
		`User: arn:aws:iam::111122223333:user/ada is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/x?X-Amz-Signature=` + signed + `"`,
		`User: arn:aws:iam::111122223333:user/ada is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/` + jwt + `"`,
		"HTTP Error: HTTP GET error on 'https://acme-ml.s3.amazonaws.com/churn/x.parquet?X-Amz-Credential=" + keyID + "%2F20261129%2Fus-east-1%2Fs3&X-Amz-Security-Token=" + token + "&X-Amz-Signature=" + signed + "' (HTTP 403)",
		"HTTP GET error on 'https://ada:" + pass + "@acme-ml.s3.amazonaws.com/churn/x.parquet' (HTTP 403)",
		"upload failed: ./x to s3://acme-ml/" + token + " An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
		"upload failed: ./x to s3://" + keyID + ":" + key + "@acme-ml/x An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
		"authorization: Bearer " + jwt + "\n{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"User '" + dapi + "' does not have SELECT on Table 'main.ml." + dapi + "'.\"}",
		"User '" + jwt + "@acme.com' does not have SELECT on Table `" + key + "`.",
		"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><BucketName>acme-ml</BucketName><Key>" + token + "</Key></Error>",
		"java.nio.file.AccessDeniedException: s3a://" + keyID + ":" + key + "@acme-ml/churn: getFileStatus on s3a://acme-ml/churn: Forbidden",
		"An error occurred (AccessDenied) when calling the GetObject operation: Access Denied, AWSAccessKeyId=" + keyID,
		"User: arn:aws:sts::111122223333:assumed-role/ml-reader/ada is not authorized to perform: s3:GetObject with an explicit deny in a session policy: arn:aws:iam::111122223333:policy/" + dapi,
	} {
		found, err := Read([]byte(text))
		if err != nil {
			t.Errorf("text %d is not recognised: %v", i, err)
		}
		shown := fmt.Sprintf("%q", []string{found.Principal, found.Action, found.Resource, found.Prefix, found.Policy, found.Operation, string(found.Kind), string(found.Fault)})
		for _, secret := range secrets {
			for n := 0; n+16 <= len(secret); n++ { // no large part either
				if strings.Contains(shown, secret[n:n+16]) {
					t.Errorf("text %d: %s holds a part of %s", i, shown, secret)
					break
				}
			}
		}
	}
}

// Names that are long and have digits are not taken for secrets.
func TestOrdinaryNamesStay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"churn/part-00000-2b1cd3f4-5a6b-4c7d-8e9f-0a1b2c3d4e5f-c000.snappy.parquet", "Data/2026/Region1/Customers/part00012345.csv",
		"models/ChurnModel2026Final/artifacts/MLmodel", "0/4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899/artifacts/model.pkl",
		"_delta_log/00000000000000000042.checkpoint.parquet", "asia/akiaba/dapifile/eyJ", "dose-response/DoseResponse",
	} {
		if secretIn("arn:aws:s3:::acme-ml/" + name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

func TestSeveralRefusals(t *testing.T) {
	t.Parallel()
	one := func(key string) string {
		return `An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::111122223333:assumed-role/ml-reader/ada@acme.com is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/` + key + `" because no session policy allows the s3:GetObject action` + "\n"
	}
	upload := func(key string) string {
		return "upload failed: ./" + key + " to s3://acme-ml/" + key + " An error occurred (AccessDenied) when calling the PutObject operation: Access Denied\n"
	}
	const expired = "An error occurred (ExpiredToken) when calling the ListObjectsV2 operation: The provided token has expired.\n"
	for name, c := range map[string]struct {
		text     string
		resource string
		kind     Kind
		others   int
	}{
		"three":              {one("a") + one("b") + one("a") + one("c"), "arn:aws:s3:::acme-ml/a", SessionImplicit, 2},
		"uploads":            {upload("a") + upload("b") + upload("c") + upload("a"), "arn:aws:s3:::acme-ml/a", Unsaid, 2},
		"a fault first":      {expired + one("a"), "arn:aws:s3:::acme-ml/a", SessionImplicit, 1},
		"a fault afterwards": {one("a") + expired, "arn:aws:s3:::acme-ml/a", SessionImplicit, 1},
		"no credentials first": {
			"botocore.exceptions.NoCredentialsError: Unable to locate credentials\n" + strings.Repeat("retrying\n", 90) + one("a"),
			"arn:aws:s3:::acme-ml/a", SessionImplicit, 1,
		},
		"no credentials and a fault": {expired + strings.Repeat("retrying\n", 90) + "NoCredentialsError: Unable to locate credentials\n", "", NoCredentials, 1},
		"told again with less": {
			one("a") + "\nThe above exception was the direct cause of the following exception:\n\nPermissionError: Access Denied\n", "arn:aws:s3:::acme-ml/a", SessionImplicit, 0,
		},
		"two requests of DuckDB": {
			"HTTP GET error on 'https://acme-ml.s3.amazonaws.com/a' (HTTP 403)\nHTTP GET error on 'https://acme-ml.s3.amazonaws.com/b' (HTTP 403)\n",
			"arn:aws:s3:::acme-ml/a", Unsaid, 1,
		},
		"AWS and Unity Catalog": {one("a") + "PERMISSION_DENIED: User does not have USE SCHEMA on Schema 'main.ml'.\n", "arn:aws:s3:::acme-ml/a", SessionImplicit, 1},
	} {
		found, err := Read([]byte(c.text))
		if err != nil || found.Resource != c.resource || found.Kind != c.kind || found.Others != c.others {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

func TestWhatIsNoRefusal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " \n\t\n", "hello", "ssh: ada@example.com: Permission denied (publickey).", "bash: /usr/bin/foo: Permission denied",
		"GET /index.html HTTP/1.1\nHTTP/1.1 403 Forbidden\nServer: nginx\n", "ModuleNotFoundError: No module named 'pyarrow'",
		"storage.objects.get: ada@acme.com does not have storage.objects.get access to the Google Cloud Storage object.",
		"rpc error: code = PermissionDenied desc = PERMISSION_DENIED", "An error occurred (", "User: arn:aws:iam::111122223333:user/ada",
		"<Code>", "<Code></Code>", "(Service: ", "operation error",
		"the project does not have a LICENSE on file", `"code":"ok"`, "AWS Error", "\x1b", "\x1b[", "&", "&#;", `\`, `\u`, `\ud83d`, "\xff\xfe", "\xfe\xff\x00",
		"Encoded", string(bytes.Repeat([]byte{0}, 1000)),
	} {
		if found, err := Read([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

// However hostile a text is, the work grows with its length and no faster. What is counted is the bytes that are looked at
// after the text was cleaned, which is a fixed number of passes.
func TestWorkGrowsWithTheText(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	sentence := `User: arn:aws:sts::111122223333:assumed-role/ml-reader/ada@acme.com is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-ml/x" because no session policy allows the s3:GetObject action`
	for _, unit := range []string{
		"notauthorizedtoperform:", "user:", "arn:aws:s3:::", sentence + "\n", "403 Forbidden https://a.s3.amazonaws.com/x ", "(http 403", "s3://bucket/key ",
		"<Code>AccessDenied</Code>", "<Code>", "An error occurred (AccessDenied) when calling the GetObject operation: ", "(Service: S3; Status Code: 403; ",
		"AWS Error ACCESS_DENIED during HeadObject operation ", "bucket 'acme-ml' ", "exception:s3a://b", "AccessDeniedException: s3a://bucket/a:", "operation error S3: GetObject,", "does not have SELECT on Table 'a'",
		"PERMISSION_DENIED ", "Encoded authorization failure message: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1\n", `"explicitDeny":true,"context":{`, "'Bucket': 'acme-ml', ", "access denied ",
		"\x1b]", "\x1b[", "^[[", "[1;1;1;1", "&amp;", "&", `\\`, `\"`, `\u0041`, "> ", "│ ", "[", "2026-11-29T10:00:00 ", "\n", " ", "a", "é", "\xff", "\x00",
		"failed to upload a to ", "request: GET https://a ", "no credentials are provided ", "the provided token has expired ", "User: ", "because no ",
	} {
		const (
			less, more = 8 << 10, 64 << 10
			most       = maxMarks * 10_000
		)
		small, large := workOn(unit, less), workOn(unit, more)
		if large > most || large > 2*more/less*small+more {
			t.Errorf("%q: %d bytes of work became %d in a text that is %d times as long", unit, small, large, more/less)
		}
	}
}

func workOn(unit string, size int) int {
	_, p, _ := read([]byte(strings.Repeat(unit, size/len(unit))))
	return p.work
}

func TestTooMuchIsCut(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	text := bytes.Repeat([]byte("x\n"), MaxSize/2)
	text = append(text, "User: anonymous is not authorized to perform: s3:GetObject"...)
	if found, err := Read(text); err == nil {
		t.Errorf("%+v lies beyond what is read", found)
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("testdata/cases.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for row := range bytes.SplitSeq(data, []byte("\n")) {
		if cells := bytes.Split(row, []byte("\t")); len(cells) == 7 {
			f.Add(cells[1])
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, p, err := read(text)
		if (err != nil) != (found.Kind == "") {
			t.Fatalf("%+v, %v", found, err)
		}
		if len(p.dense) > 3*len(text)+16 || p.work > 4096*10_000 {
			t.Fatalf("%d bytes became %d, %d were looked at", len(text), len(p.dense), p.work)
		}
		for _, field := range []string{found.Principal, found.Action, found.Resource, found.Prefix, found.Policy, found.Operation} {
			if len(field) > maxARN || strings.ContainsFunc(field, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) || secretIn(field) {
				t.Errorf("%q leaves", field)
			}
		}
		again, err2 := Read(text)
		if again != found || (err == nil) != (err2 == nil) {
			t.Errorf("%+v, then %+v", found, again)
		}
	})
}

package scrub

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const canary = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=="

func scrubbed(text string, secrets ...string) (string, int) {
	var s Secrets
	for _, one := range secrets {
		s.Add(secret.New(one))
	}
	return Cut(text, s.Find(text), 0, len(text))
}

func TestASecretIsFoundInEachForm(t *testing.T) {
	t.Parallel()
	asJSON, _ := json.Marshal(map[string]string{"x": canary})
	for name, text := range map[string]string{
		"as it is":         canary,
		"JSON":             string(asJSON),
		"JSON, slashes":    strings.ReplaceAll(canary, "/", `\/`),
		"URL":              "https://x.example/?k=" + url.QueryEscape(canary),
		"URL, lower":       lowerEscapes(url.QueryEscape(canary)),
		"path":             url.PathEscape(canary),
		"base64":           base64.StdEncoding.EncodeToString([]byte(canary)),
		"base64 +1":        base64.StdEncoding.EncodeToString([]byte("x" + canary + "yz")),
		"base64 +2":        base64.URLEncoding.EncodeToString([]byte("xx" + canary)),
		"base64 of env":    base64.StdEncoding.EncodeToString([]byte("HOME=/root\nAWS_X=" + canary + "\nPATH=/bin\n")),
		"hex":              hex.EncodeToString([]byte(canary)),
		"HEX":              strings.ToUpper(hex.EncodeToString([]byte(canary))),
		"in two lines":     canary[:20] + "\n" + canary[20:],
		"letter by letter": strings.Join(strings.Split(canary, ""), " "),
		"its beginning":    canary[:20],
		"its end":          canary[20:],
	} {
		got, marks := scrubbed("before "+text+" after", canary)
		if marks == 0 || !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
			t.Errorf("%s: %s", name, got)
		}
		for i := range len(canary) - piece {
			if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(got, " ", ""), "\n", ""), canary[i:i+piece]) {
				t.Errorf("%s: %s", name, got)
				break
			}
		}
	}
}

func TestWhatHasTheShapeOfAKeyGoes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"of an IAM user": `{"AccessKeyId": "AKIAIOSFODNN7EXBMPLE", "SecretAccessKey": "` + "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" + `"}`,
		"web token":      "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIwMHUxYWxpY2UifQ.c2lnbmF0dXJlLWhlcmU",
		"session token":  "IQoJb3JpZ2luX2Vj" + strings.Repeat("Ab3+/", 30),
		"workspace":      "dapi0123456789abcdef0123456789abcdef",
		"private key":    "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEowIBAAKCAQEAx8vNn2Zk3Qm9XvR2pLw7Tn5Yb8Hc4Jd6Fs1Ga0Ke\n", 12) + "-----END RSA PRIVATE KEY-----\n",
	} {
		if got, marks := scrubbed(text); marks == 0 {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestNothingElseGoes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "ok", "2026-11-30 07:42 epoch 12 loss=0.0312\n", "commit 86d4acd9f1e2a3b4c5d6e7f8091a2b3c4d5e6f70", "s3://acme-ml/churn/part-0000.parquet",
		"The role ml-trainer may read churn and features.\n\tat com.example.Main(Main.java:42)",
	} {
		if got, marks := scrubbed(text, canary, "another secret of some length"); marks != 0 || got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Wherever a secret stands, and wherever the text is cut, no piece of it is left.
func TestACutNeverLeavesAPiece(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		text := strings.Repeat("abcdefgh ", random.IntN(9)) + canary + strings.Repeat(" xyz", random.IntN(9))
		var s Secrets
		s.Add(secret.New(canary))
		start := random.IntN(len(text))
		end := start + random.IntN(len(text)-start)
		got, _ := Cut(text, s.Find(text), start, end)
		for i := range len(canary) - 4 {
			if strings.Contains(got, canary[i:i+5]) {
				t.Fatalf("%q from %d to %d: %q", text, start, end, got)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("before "+canary+" after", canary)
	f.Fuzz(func(t *testing.T, text, value string) {
		var s Secrets
		s.Add(secret.New(value))
		spans := s.Find(text)
		last := 0
		for _, span := range spans {
			if span.Start < last || span.End <= span.Start || span.End > len(text) {
				t.Fatalf("%v in %d bytes", spans, len(text))
			}
			last = span.End
		}
		got, _ := Cut(text, spans, 0, len(text))
		for part := range strings.SplitSeq(got, Mark) {
			if len(value) >= shortest && strings.Contains(part, value) {
				t.Fatalf("%q is still in %q", value, got)
			}
		}
	})
}

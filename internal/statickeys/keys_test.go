package statickeys

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// maker makes up keys, the same ones in each run. They stand nowhere in the sources, where other scanners would take them for real.
type maker struct{ *rand.Rand }

func newMaker() maker { return maker{rand.New(rand.NewPCG(1, 2))} }

func (m maker) of(characters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = characters[m.IntN(len(characters))]
	}
	return string(b)
}

const (
	lowers = "abcdefghijklmnopqrstuvwxyz"
	alnums = lowers + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hexes  = "0123456789abcdef"
)

func (m maker) id() string     { return "AK" + "IA" + m.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16) }
func (m maker) brief() string  { return "AS" + "IA" + m.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16) }
func (m maker) secret() string { return m.of(alnums+"+/", 40) }
func (m maker) dapi() string   { return "da" + "pi" + m.of(hexes, 32) }
func (m maker) dose() string   { return "do" + "se" + m.of(hexes, 32) }

// found are the findings in a file, as RULE VALUE.
func found(t testing.TB, name, content string) (list []Finding) {
	t.Helper()
	s := Scanner{Salt: []byte("salt")}
	s.Bytes(name, []byte(content), func(f Finding) { list = append(list, f) })
	return list
}

func words(list []Finding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, f.Rule+" "+f.value)
	}
	return out
}

func wants(t *testing.T, name, content string, want ...string) []Finding {
	t.Helper()
	list := found(t, name, content)
	if got := words(list); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nfound %q\n want %q", name, content, got, want)
	}
	return list
}

func TestKeysOfAWS(t *testing.T) {
	t.Parallel()
	m := newMaker()
	for range 30 {
		id, key := m.id(), m.secret()
		i, s := ruleAWSID+" "+id, ruleAWSSecret+" "+key
		wants(t, "credentials", "[default]\naws_access_key_id = "+id+"\naws_secret_access_key = "+key+"\n", i, s)
		wants(t, "x.py", "s3 = client('s3', '"+id+"', '"+key+"')", i, s)
		wants(t, "x.py", "s3 = client('s3', \""+key+"\", \""+id+"\")", s, i)
		wants(t, "keys.csv", "User,Access key ID,Secret access key\nalice,"+id+","+key+"\n", i, s)
		wants(t, "x.sh", "export AWS_SECRET_ACCESS_KEY="+key, s)
		wants(t, "x.sh", "hadoop fs -D fs.s3a.secret.key="+key+" -ls /", s)
		wants(t, "x.txt", "fs.s3a.bucket.ml.secret.key "+key, s)
		wants(t, "x.py", "SECRET_KEY = \\\n    '"+key+"'\n", s)
		wants(t, "core-site.xml", "<name>fs.s3a.secret.key</name>\n  <value>"+key+"</value>", s)
		wants(t, "x.json", `{"args": ["--secret", "`+key+`", "x"]}`, s)
		wants(t, "x.json", `{"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "`+key+`"}]}`, s)
		wants(t, "x.scala", `spark.read.parquet("s3a://`+id+":"+strings.NewReplacer("/", "%2F", "+", "%2B").Replace(key)+`@bucket/x")`, i, s)
		wants(t, "x.txt", "Credential="+id+"/20261130/us-east-1/s3/aws4_request", i)
	}
	id, key := m.brief(), m.secret()
	for _, f := range wants(t, "x", "export A="+id+" B="+key, ruleAWSTemp+" "+id, ruleAWSTemp+" "+key) {
		if !f.Lesser {
			t.Errorf("%+v", f)
		}
	}
}

func TestTokensOfDatabricks(t *testing.T) {
	t.Parallel()
	m := newMaker()
	for _, after := range []string{"", ")", ",", "@host", "&x=1", "<", "'", "\\n", "\n", "-2", "=", "."} {
		token := m.dapi()
		want := token
		if after == "-2" {
			want += after
		}
		wants(t, "x.py", "token = '"+token+after, ruleDatabricks+" "+want)
		wants(t, "x.py", `x = "Bearer\n`+token+after, ruleDatabricks+" "+want)
	}
	secret := m.dose()
	wants(t, "x.cfg", "client_secret = "+secret, ruleOAuthSecret+" "+secret)
}

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	m := newMaker()
	for _, text := range []string{
		"aws_secret_access_key = {{secrets/aws/secret}}", "aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}", `password = dbutils.secrets.get("s", "k")`,
		`.option("password", dbutils.secrets.get(scope="jdbc", key="password"))`, `.option("password", password)`, `os.environ["AWS_SECRET_ACCESS_KEY"]`, "secret_key = var.secret_key",
		"aws_secret_access_key = <your secret access key of forty characters>", "secret commit: " + m.of(hexes, 40), "secret_sha256: " + m.of(hexes, 64),
		"AK" + "IAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AK" + "IAAAAAAAAAAAAAAAAA", "AK" + "IAABCDEFGHIJKLMNOP", "dapi" + strings.Repeat("0", 32), "dapi" + "1234567890abcdef1234567890abcdef",
		"integrity sha512-" + m.of(alnums, 86) + "==", "kms_key_id = " + "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f", "secret: src/main/scala/com/Example/Foo/Bar2/Bazz",
		"password: str", "PWD=/home/alice/project-2", "OLDPWD=/home/alice/Project2", `PWD=C:\Users\alice2`, `password = "password"`, `password="changeme"`, "password = getpass.getpass()", `"password": "${DB_PASSWORD}"`, "PASSWORD=$DB_PASSWORD", "password: {{ vault_password }}",
		"postgres://user:password@db/x", "https://user:${TOKEN}@github.com/x", "http://localhost:8080/a@b", "jdbc:postgresql://h/db?user=u&password={{secrets/jdbc/pw}}", "jdbc:mysql://h/db?password=${pw}",
		"next_page_token = " + m.of(alnums, 60), "etag: \"" + m.of(hexes, 32) + "\"", "run_id = " + m.of(hexes, 32), "client_secret_name: " + m.of(alnums, 30), "secret_arn = arn:aws:secretsmanager:eu-central-1:111122223333:secret:x-AbCdEf",
		"-----BEGIN PUBLIC KEY-----\n" + m.of(alnums, 64) + "\n-----END PUBLIC KEY-----", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", "sig=" + m.of(alnums, 43) + "%3D",
		"    Password *ConnectorSecret2 `json:\"password,omitempty\"`", "`ResourceOwnerPassword`, `OauthU2m`, `OidcToken`", `["USERNAME_PASSWORD", "OAUTH2_JWT_BEARER"]`, `["CLIENT_SECRET", "OAUTH2_CLIENT_CREDENTIALS"]`,
		"arn:aws:secretsmanager:us-west-2:111122223333:secret:greengrass-TwilioAuthToken-ntSlp6", "NewPassword=__NewPassword__&Version=2010-05-08",
		"ghp_" + strings.Repeat("x", 36), "hf_model_name_that_is_long_enough_to_be_one", "wandb: run " + m.of(hexes, 40),
	} {
		for _, name := range []string{"x.py", "x.cfg", "x.txt"} {
			wants(t, name, text)
		}
	}
}

// Of a form, the value ends where the next name begins; in a file of settings it may have the sign in it.
func TestPasswordsInForms(t *testing.T) {
	t.Parallel()
	wants(t, "x.cfg", "body=user=a&password=Tr0ub4dor-3&next=1", rulePassword+" Tr0ub4dor-3")
	wants(t, "x.env", "DB_PASSWORD=Tr0ub4dor&3-x", rulePassword+" Tr0ub4dor&3-x")
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	token := newMaker().dapi()
	for text, want := range map[string]string{
		"t = '" + token + "'  # dbxaccess:allow databricks-token revoked in May":            "revoked in May",
		"# dbxaccess:allow databricks-token revoked in May\nt = '" + token + "'":            "revoked in May",
		"/* dbxaccess:allow databricks-token revoked */ t = '" + token + "'":                "revoked",
		"# dbxaccess:allow databricks-token\nt = '" + token + "'":                           "",
		"# dbxaccess:allow aws-access-key-id revoked\nt = '" + token + "'":                  "",
		"# dbxaccess:allow databricks-token revoked\n\nt = '" + token + "'":                 "",
		"t = '" + token + "'\n# dbxaccess:allow databricks-token revoked":                   "",
		"t = '" + token + "' # dbxaccess:allow databricks-token not " + token:               "",
		"# dbxaccess:allow databricks-token it was revoked in May 2026\r\nt: " + token + "": "it was revoked in May 2026",
	} {
		list := found(t, "x.yaml", text)
		if len(list) != 1 || list[0].Allowed != want {
			t.Errorf("%s: %+v, want %q", text, list, want)
		}
	}
}

// No printed form of a finding holds the secret.
func TestFindingsAreWithoutTheSecret(t *testing.T) {
	t.Parallel()
	m := newMaker()
	list := found(t, "x.py", ".option('password', 'hunter2-x')  \nt = '"+m.dapi()+"'")
	if len(list) != 2 || list[0].Tail != "" || len(list[1].Tail) != 4 || !strings.HasSuffix(list[1].value, list[1].Tail) {
		t.Fatalf("%+v", list)
	}
	a := Scanner{Salt: []byte("a")}
	b := Scanner{Salt: []byte("b")}
	if len(list[0].Fingerprint) != 32 || a.finding("r", "v", false, Place{}).Fingerprint == b.finding("r", "v", false, Place{}).Fingerprint ||
		(&Scanner{}).finding("r", "v", false, Place{}).Fingerprint != "" || a.finding("r", "v", false, Place{}).Fingerprint != a.finding("r", "v", false, Place{File: "x"}).Fingerprint {
		t.Error("fingerprints are of rule, secret and salt alone")
	}
}

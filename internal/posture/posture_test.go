package posture

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

const (
	account = "111122223333"
	region  = "eu-central-1"
	keyARN  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	reader  = "arn:aws:iam::111122223333:role/reader"
	bucket  = "arn:aws:s3:::acme-ml"
)

var at = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)

// ofSensitivity is a map with one dataset.
func ofSensitivity(t *testing.T, sensitivity, more string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("m.yaml", []byte(`version: 1
identities:
  acme: { issuer: https://idp.example.com, client_id: dbxaccess, groups: { ml: [reader, writer, admin] } }
datasets:
  churn: { location: s3://acme-ml/churn/`+sensitivity+more+` }
roles:
  reader: { aws: { role_arn: "`+reader+`", region: eu-central-1 }, read: [churn] }
  writer: { aws: { role_arn: "arn:aws:iam::111122223333:role/path/writer", region: eu-central-1 }, read: [churn], write: [churn] }
  admin: { aws: { role_arn: "arn:aws:iam::111122223333:role/admin", region: eu-central-1 }, unrestricted: true }
`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func restricted(t *testing.T) *accessmap.Map {
	t.Helper()
	return ofSensitivity(t, ", sensitivity: restricted", `, kms_key: "`+keyARN+`"`)
}

func text(s string) *string { return &s }

func yes(b bool) *bool { return &b }

const noPlainHTTP = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`

func policyOf(statements ...string) *string {
	return text(`{"Version":"2012-10-17","Statement":[` + strings.Join(append(statements, noPlainHTTP), ",") + `]}`)
}

// right is what has no fault for a map of restricted.
func right() *Seen {
	all := Block{true, true, true, true}
	return &Seen{
		Accounts: []string{account},
		Buckets: []Bucket{{
			Name: "acme-ml", Account: account, Region: region, Encryption: &Encryption{"aws:kms", keyARN, true}, Block: &Block{}, Ownership: text("BucketOwnerEnforced"),
			Policy: policyOf(), Public: yes(false), Versioning: text("Enabled"),
		}},
		Blocks: []AccountBlock{{account, all}},
		Keys:   []Key{{ARN: keyARN, State: "Enabled", Rotates: yes(true), Rotatable: true, Policy: text(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}}`)}},
		Trails: []Trail{{
			ARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/all", Account: account, Region: region, Home: "us-east-1", Logging: true, Validated: true,
			Classic: []ClassicSelector{}, Selectors: []Selector{{Fields: []Field{{Name: "eventCategory", Equals: []string{"Data"}}, {Name: "resources.type", Equals: []string{objectType}}}}},
		}},
	}
}

// found are the findings of a change to what is right.
func found(t *testing.T, m *accessmap.Map, change func(*Seen)) []Finding {
	t.Helper()
	seen := right()
	change(seen)
	return Compare(m, "", []string{"churn"}, seen, at)
}

func ids(findings []Finding) (all []string) {
	for _, f := range findings {
		all = append(all, string(f.ID))
	}
	return all
}

func TestWhatIsRightHasNoFinding(t *testing.T) {
	t.Parallel()
	if got := found(t, restricted(t), func(*Seen) {}); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestEachFault(t *testing.T) {
	t.Parallel()
	allow := func(principal, action string) string {
		return `{"Sid":"S","Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/*"]}`
	}
	lets := func(principal, action string) func(*Seen) {
		return func(s *Seen) { s.Buckets[0].Policy = policyOf(allow(principal, action)) }
	}
	keyLets := func(principal, action string) func(*Seen) {
		return func(s *Seen) {
			s.Keys[0].Policy = text(`{"Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"*"}}`)
		}
	}
	grant := func(grantee, permission string) func(*Seen) {
		return func(s *Seen) {
			s.Grants = []Grant{{"g", account, region, "s3://acme-ml/churn/*", permission, "IAM", grantee}}
		}
	}
	trail := func(change func(*Trail)) func(*Seen) { return func(s *Seen) { change(&s.Trails[0]) } }
	for name, c := range map[string]struct {
		change func(*Seen)
		id     string // "" for no finding
		says   string
		fix    string
	}{
		"no bucket":                  {func(s *Seen) { s.Buckets[0] = Bucket{Name: "acme-ml", Missing: true} }, "posture-bucket-missing", "no bucket of this name", "make the bucket"},
		"another's bucket":           {func(s *Seen) { s.Buckets[0] = Bucket{Name: "acme-ml"} }, "posture-not-seen", "in none of the accounts that were read (111122223333)", "--profile"},
		"nothing read":               {func(s *Seen) { s.Buckets = nil }, "posture-not-seen", "nothing was read", ""},
		"S3's own key":               {func(s *Seen) { s.Buckets[0].Encryption = &Encryption{Algorithm: "AES256"} }, "posture-encryption", "by S3's own keys", `"KMSMasterKeyID":"` + keyARN + `"`},
		"nothing":                    {func(s *Seen) { s.Buckets[0].Encryption = &Encryption{} }, "posture-encryption", "by nothing", "put-bucket-encryption --bucket acme-ml --expected-bucket-owner 111122223333"},
		"AWS's key":                  {func(s *Seen) { s.Buckets[0].Encryption.Key = "" }, "posture-encryption", "the key that AWS manages", ""},
		"another key":                {func(s *Seen) { s.Buckets[0].Encryption.Key = keyARN + "0" }, "posture-encryption", "not with the map's key", ""},
		"an alias":                   {func(s *Seen) { s.Buckets[0].Encryption.Key = "alias/churn" }, "posture-not-seen", "what it stands for can change", ""},
		"the key by its ID":          {func(s *Seen) { s.Buckets[0].Encryption.Key = "1234abcd-12ab-34cd-56ef-1234567890ab" }, "", "", ""},
		"no bucket key":              {func(s *Seen) { s.Buckets[0].Encryption.BucketKey = false }, "posture-bucket-key", "off", `"BucketKeyEnabled":true`},
		"double encryption":          {func(s *Seen) { s.Buckets[0].Encryption = &Encryption{"aws:kms:dsse", keyARN, false} }, "", "", ""},
		"a key that is off":          {func(s *Seen) { s.Keys[0].State = "Disabled" }, "posture-key-unusable", "disabled", "aws kms enable-key --key-id"},
		"a key that goes":            {func(s *Seen) { s.Keys[0].State, s.Keys[0].Deletion = "PendingDeletion", at }, "posture-key-unusable", "deleted on 2026-11-29", "cancel-key-deletion"},
		"a key without material":     {func(s *Seen) { s.Keys[0].State = "PendingImport" }, "posture-key-unusable", "PendingImport", ""},
		"no key":                     {func(s *Seen) { s.Keys[0] = Key{ARN: keyARN, Missing: true} }, "posture-key-unusable", "no such key", ""},
		"a key of a shut account":    {func(s *Seen) { s.Keys = nil }, "posture-not-seen", "no credentials for account 111122223333", "--role"},
		"no rotation":                {func(s *Seen) { s.Keys[0].Rotates = yes(false) }, "posture-key-rotation", "off", "aws kms enable-key-rotation --key-id"},
		"no rotation to be had":      {func(s *Seen) { s.Keys[0].Rotates, s.Keys[0].Rotatable = yes(false), false }, "posture-key-rotation", "can't rotate", "by hand"},
		"a key's policy for others":  {keyLets(`{"AWS":"arn:aws:iam::111122223333:role/intern"}`, "kms:Decrypt"), "posture-key-let-in", "role/intern may decrypt", "statement 1"},
		"a key's policy for readers": {keyLets(`{"AWS":"`+reader+`"}`, "kms:Decrypt"), "", "", ""},
		"a reader that governs":      {keyLets(`{"AWS":"`+reader+`"}`, "kms:*"), "posture-key-let-in", "change who may use it", ""},
		"a key's odd policy":         {func(s *Seen) { s.Keys[0].Policy = text("{}") }, "posture-not-seen", "not understood", "by hand"},

		"everybody": {func(s *Seen) {
			s.Buckets[0].Policy, s.Buckets[0].Public, s.Blocks[0].Block = policyOf(allow(`"*"`, "s3:GetObject")), yes(true), Block{}
		}, "posture-public posture-let-in posture-block", "makes it public", "put-public-access-block"},
		"everybody, held off": {func(s *Seen) {
			s.Buckets[0].Policy, s.Buckets[0].Public = policyOf(allow(`"*"`, "s3:GetObject")), yes(true)
		}, "posture-block", "nothing but the public access block", ""},
		"everybody, the account not read": {func(s *Seen) {
			s.Buckets[0].Policy, s.Buckets[0].Public, s.Blocks = policyOf(allow(`"*"`, "s3:GetObject")), yes(true), nil
		}, "posture-public posture-let-in", "nothing blocks that for certain", ""},
		"another account":         {lets(`{"AWS":"444455556666"}`, "s3:GetObject"), "posture-let-in", "whom account 444455556666 lets may read, which the map does not give: by statement 1 (S)", "give it a role"},
		"a role of the map":       {lets(`{"AWS":"`+reader+`"}`, "s3:GetObject"), "", "", ""},
		"its session":             {lets(`{"AWS":"arn:aws:sts::111122223333:assumed-role/writer/alice"}`, "s3:PutObject"), "", "", ""},
		"more than its role":      {lets(`{"AWS":"`+reader+`"}`, "s3:*Object"), "posture-let-in", "may write and delete", ""},
		"a role without a policy": {lets(`{"AWS":"arn:aws:iam::111122223333:role/admin"}`, "s3:*"), "", "", ""},
		"who governs":             {lets(`{"AWS":"arn:aws:iam::111122223333:role/terraform"}`, "s3:PutBucketPolicy"), "posture-let-in", "change who may come in", ""},
		"whose ARN is like it": {func(s *Seen) {
			s.Buckets[0].Policy = policyOf(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ml-*"}}}`)
		}, "posture-let-in", "whose ARN is like arn:aws:iam::111122223333:role/ml-* may read", ""},
		"everybody of its account": {func(s *Seen) {
			s.Buckets[0].Policy = policyOf(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`)
		}, "posture-let-in", "every principal of its own account 111122223333", ""},
		"perhaps": {func(s *Seen) {
			s.Buckets[0].Policy = policyOf(`{"Effect":"Allow","Principal":{"CanonicalUser":"79a5"},"Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a":"${s3:x}"}}}`)
		}, "posture-let-in", "the user or provider 79a5 may perhaps read", ""},
		"a service": {lets(`{"Service":"logging.s3.amazonaws.com"}`, "s3:PutObject"), "posture-service", "the service logging.s3.amazonaws.com may write", "aws:SourceAccount"},
		"a service for one account": {func(s *Seen) {
			s.Buckets[0].Policy = policyOf(`{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`)
		}, "posture-service", `where aws:SourceAccount is "111122223333"`, "if it is meant"},
		"a policy that is odd": {func(s *Seen) { s.Buckets[0].Policy = text(`{"Statement":[]}`) }, "posture-not-seen", "not understood", "by hand"},
		"no policy":            {func(s *Seen) { s.Buckets[0].Policy = text("") }, "posture-plain-http", "does not deny", "dbxaccess map render reader writer"},
		"plain http for some": {func(s *Seen) {
			s.Buckets[0].Policy = text(`{"Statement":` + strings.Replace(noPlainHTTP, `"Principal":"*"`, `"Principal":{"AWS":"444455556666"}`, 1) + `}`)
		}, "posture-plain-http", "does not deny", `"Principal":{"AWS":"444455556666"}`},
		"no block":                    {func(s *Seen) { s.Blocks[0].Block = Block{PublicACLs: true} }, "posture-block", "IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets", "--expected-bucket-owner 111122223333"},
		"a block of the bucket's own": {func(s *Seen) { s.Blocks[0].Block, *s.Buckets[0].Block = Block{}, Block{true, true, true, true} }, "", "", ""},
		"lists":                       {func(s *Seen) { s.Buckets[0].Ownership = text("ObjectWriter") }, "posture-acl", "object ownership is ObjectWriter", "BucketOwnerEnforced"},
		"a list for another": {func(s *Seen) {
			s.Buckets[0].Ownership, s.Buckets[0].ACL = text("ObjectWriter"), []ACLGrant{{"own", false, "FULL_CONTROL", true}, {"79a5", false, "READ", false}}
		}, "posture-let-in posture-acl", "79a5 has READ", ""},
		"a list for everybody": {func(s *Seen) {
			s.Buckets[0].Ownership, s.Buckets[0].ACL, s.Blocks[0].Block.IgnoreACLs = text("ObjectWriter"), []ACLGrant{{"http://acs.amazonaws.com/groups/global/AllUsers", true, "READ", false}}, false
		}, "posture-public posture-block posture-acl", "AllUsers READ", ""},
		"no versions": {func(s *Seen) { s.Buckets[0].Versioning = text("") }, "posture-versioning", "is off", "Status=Enabled"},
		"suspended":   {func(s *Seen) { s.Buckets[0].Versioning = text("Suspended") }, "posture-versioning", "is suspended", ""},

		"a grant":          {grant("arn:aws:iam::111122223333:role/intern", "READ"), "posture-access-grant", "role/intern may read", "delete-access-grant --account-id 111122223333 --region eu-central-1 --access-grant-id g"},
		"a grant of more":  {grant(reader, "READWRITE"), "posture-access-grant", "may write and delete", ""},
		"a writer's grant": {grant(reader, "WRITE"), "posture-access-grant", "may write and delete", ""},
		"the map's grant":  {grant(reader, "READ"), "", "", ""},
		"a directory's group": {func(s *Seen) {
			s.Grants = []Grant{{"g", account, region, "s3://*", "READ", "DIRECTORY_GROUP", "1234"}, {"h", account, region, "s3://acme-other/*", "READ", "IAM", "x"}}
		}, "posture-access-grant", "the directory's group 1234", ""},
		"an access point": {func(s *Seen) {
			p := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:eu-central-1:111122223333:accesspoint/p/object/*"}}`
			s.Buckets[0].Points = []AccessPoint{{ARN: "arn:aws:s3:eu-central-1:111122223333:accesspoint/p", Account: account, Name: "p", Policy: &p}}
		}, "posture-let-in", "by statement 1 of the access point's policy", ""},
		"a public access point": {func(s *Seen) {
			p := `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:eu-central-1:111122223333:accesspoint/p/object/*"}}`
			s.Buckets[0].Points = []AccessPoint{{ARN: "arn:aws:s3:eu-central-1:111122223333:accesspoint/p", Account: account, Name: "p", Policy: &p, Block: &Block{}}}
		}, "posture-let-in posture-public", "everybody may read", "take it out"},
		"an odd access point": {func(s *Seen) {
			s.Buckets[0].Points = []AccessPoint{{ARN: "arn:aws:s3:eu-central-1:111122223333:accesspoint/p", Account: account, Name: "p", Policy: text("x")}}
		}, "posture-not-seen", "not understood", ""},
		"a lake": {func(s *Seen) {
			s.Lakes = []Lake{{account, region, bucket, "arn:aws:iam::111122223333:role/lake", false}, {account, region, bucket + "-2", "", true}}
		}, "posture-lake-formation", "alone decides", "list-permissions"},

		"no trail":            {func(s *Seen) { s.Trails = nil }, "posture-not-logged", "neither reads nor writes of s3://acme-ml/churn/ are logged", "make a trail"},
		"a trail that is off": {trail(func(t *Trail) { t.Logging = false }), "posture-not-logged", "neither reads nor writes", "start-logging"},
		"another region":      {trail(func(t *Trail) { t.Region = "us-east-1" }), "posture-not-logged", "neither reads nor writes", "make a trail"},
		"not delivered":       {trail(func(t *Trail) { t.Failing = "NoSuchBucket" }), "posture-trail-failing", "NoSuchBucket", "get-trail-status"},
		"not validated":       {trail(func(t *Trail) { t.Validated = false }), "posture-trail-not-validated", "is off", "--enable-log-file-validation --region us-east-1"},
		"writes alone": {trail(func(t *Trail) {
			t.Selectors[0].Fields = append(t.Selectors[0].Fields, Field{Name: "readOnly", Equals: []string{"false"}})
		}), "posture-not-logged", "reads of s3://acme-ml/churn/ are not logged", "put-event-selectors"},
		"reads alone": {trail(func(t *Trail) {
			t.Selectors[0].Fields = append(t.Selectors[0].Fields, Field{Name: "readOnly", Equals: []string{"true"}})
		}), "posture-not-logged", "writes of s3://acme-ml/churn/ are not logged", ""},
		"some reads alone": {trail(func(t *Trail) {
			t.Selectors[0].Fields = append(t.Selectors[0].Fields, Field{Name: "readOnly", Equals: []string{"true"}}, Field{Name: "eventName", Equals: []string{"GetObject"}})
		}), "posture-not-logged", "are logged only in part by trails of CloudTrail, and writes are not logged", ""},
		"one event alone": {trail(func(t *Trail) {
			t.Selectors[0].Fields = append(t.Selectors[0].Fields, Field{Name: "eventName", Equals: []string{"GetObject"}})
		}), "posture-not-logged", "only in part", ""},
	} {
		got := found(t, restricted(t), c.change)
		if strings.Join(ids(got), " ") != c.id {
			t.Errorf("%s: %v: %+v", name, ids(got), got)
			continue
		}
		if len(got) > 0 && (!strings.Contains(got[0].What, c.says) || !strings.Contains(got[0].Fix.String(), c.fix)) {
			t.Errorf("%s: %q, fix %q", name, got[0].What, got[0].Fix)
		}
	}
}

func TestDataWithoutAKeyInTheMap(t *testing.T) {
	t.Parallel()
	m := ofSensitivity(t, ", sensitivity: confidential", "")
	own := found(t, m, func(*Seen) {})
	if strings.Join(ids(own), " ") != "posture-key-unnamed" {
		t.Errorf("%+v", own)
	}
	bare := found(t, m, func(s *Seen) { s.Buckets[0].Encryption = &Encryption{Algorithm: "AES256"} })
	if strings.Join(ids(bare), " ") != "posture-key-none" {
		t.Errorf("%+v", bare)
	}
	managed := found(t, m, func(s *Seen) { s.Buckets[0].Encryption = &Encryption{Algorithm: "aws:kms"} })
	if len(managed) > 0 {
		t.Errorf("%+v", managed)
	}
}

// What is a fault for restricted data is a remark, or nothing, for data that may be read by more.
func TestSensitivityDecides(t *testing.T) {
	t.Parallel()
	change := func(s *Seen) {
		b := &s.Buckets[0]
		b.Versioning, b.Policy = text(""), text(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"*"}}`)
		s.Trails = nil
	}
	for sensitivity, want := range map[string]string{
		", sensitivity: restricted":   "high posture-let-in medium posture-plain-http medium posture-not-logged medium posture-versioning",
		", sensitivity: confidential": "high posture-let-in medium posture-plain-http medium posture-not-logged medium posture-versioning",
		", sensitivity: internal":     "medium posture-let-in remark posture-plain-http remark posture-not-logged remark posture-versioning",
		"":                            "medium posture-let-in remark posture-plain-http remark posture-not-logged remark posture-versioning",
		", sensitivity: public":       "remark posture-let-in remark posture-plain-http remark posture-versioning",
	} {
		var got []string
		for _, f := range found(t, ofSensitivity(t, sensitivity, `, kms_key: "`+keyARN+`"`), change) {
			got = append(got, string(f.Severity)+" "+string(f.ID))
		}
		slices.Sort(got)
		wanted := strings.Split(want, " ")
		var pairs []string
		for i := 0; i < len(wanted); i += 2 {
			pairs = append(pairs, wanted[i]+" "+wanted[i+1])
		}
		slices.Sort(pairs)
		if !slices.Equal(got, pairs) {
			t.Errorf("%q: %v", sensitivity, got)
		}
	}
}

// What was not read is a finding, and never taken for right.
func TestWhatWasNotReadIsTold(t *testing.T) {
	t.Parallel()
	trail := right().Trails[0].ARN
	for _, of := range []Refusal{
		{"acme-ml", "s3:GetBucketPolicy", "AccessDenied"}, {keyARN, "kms:GetKeyPolicy", "AccessDenied"}, {account, "s3:GetAccountPublicAccessBlock", "AccessDenied"},
		{Regional(account, region), "cloudtrail:DescribeTrails", "AccessDenied"}, {trail, "cloudtrail:GetEventSelectors", "AccessDenied"},
		{Regional(account, region), "lakeformation:ListResources", "AccessDenied"},
	} {
		got := found(t, restricted(t), func(s *Seen) {
			s.Unread = []Refusal{of}
			b := &s.Buckets[0]
			switch of.Action {
			case "s3:GetBucketPolicy":
				b.Policy = nil
			case "kms:GetKeyPolicy":
				s.Keys[0].Policy = nil
			case "s3:GetAccountPublicAccessBlock":
				s.Blocks = nil
			case "cloudtrail:DescribeTrails":
				s.Trails = nil
			case "cloudtrail:GetEventSelectors":
				s.Trails[0].Selectors, s.Trails[0].Classic = nil, nil
			}
		})
		if len(got) != 1 || got[0].ID != notSeen || got[0].Known() || !got[0].AtLeast(High) || !strings.Contains(got[0].What, "can't be seen: needs "+of.Action) ||
			!strings.Contains(got[0].Fix.String(), of.Action+" in account 111122223333") {
			t.Errorf("%s: %+v", of.Action, got)
		}
	}
}

// Commands of findings say what they must: a trail keeps what it logged, and a policy what it had.
func TestRemediesTakeNothingAway(t *testing.T) {
	t.Parallel()
	got := found(t, restricted(t), func(s *Seen) {
		s.Trails[0].Selectors = []Selector{}
		s.Trails[0].Classic = []ClassicSelector{
			{ReadWrite: "All", Management: true, Excluded: []string{"kms.amazonaws.com"}, Data: map[string][]string{"AWS::Lambda::Function": {"arn:aws:lambda"}}},
			{ReadWrite: "WriteOnly", Data: map[string][]string{objectType: {"arn:aws:s3:::acme-log/"}}},
		}
	})
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	_, sent, _ := strings.Cut(got[0].Fix.String(), "--advanced-event-selectors '")
	var selectors []writtenSelector
	if err := json.Unmarshal([]byte(strings.TrimSuffix(sent, "'")), &selectors); err != nil {
		t.Fatalf("%v: %s", err, sent)
	}
	var said []string
	for _, s := range selectors {
		var fields []string
		for _, f := range s.Fields {
			fields = append(fields, f.Field+"="+strings.Join(slices.Concat(f.Equals, f.StartsWith, f.NotEquals), "+"))
		}
		said = append(said, strings.Join(fields, " "))
	}
	want := []string{
		"eventCategory=Management eventSource=kms.amazonaws.com", "eventCategory=Data resources.type=AWS::Lambda::Function",
		"eventCategory=Data resources.type=AWS::S3::Object readOnly=false resources.ARN=arn:aws:s3:::acme-log/",
		"eventCategory=Data resources.type=AWS::S3::Object resources.ARN=arn:aws:s3:::acme-ml/churn/",
	}
	if !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
	hostile := found(t, restricted(t), func(s *Seen) {
		s.Trails[0].ARN, s.Trails[0].Validated = "arn:aws:cloudtrail:us-east-1:111122223333:trail/a'; rm -rf ~ #\x1b[31m", false
	})
	if len(hostile) != 1 || !strings.Contains(hostile[0].Fix.String(), `'arn:aws:cloudtrail:us-east-1:111122223333:trail/a'\''; rm -rf ~ #`) || strings.ContainsRune(hostile[0].Resource, 0x1b) {
		t.Errorf("%q", hostile)
	}
}

func TestHowMuchSelectorsCover(t *testing.T) {
	t.Parallel()
	const place = bucket + "/churn/"
	classic := func(readWrite, begins string) Trail {
		return Trail{Classic: []ClassicSelector{{ReadWrite: readWrite, Data: map[string][]string{objectType: {begins}}}}}
	}
	advanced := func(fields ...Field) Trail {
		return Trail{Selectors: []Selector{{Fields: append([]Field{{Name: "eventCategory", Equals: []string{"Data"}}, {Name: "resources.type", Equals: []string{objectType}}}, fields...)}}}
	}
	arn := func(f Field) Trail { f.Name = "resources.ARN"; return advanced(f) }
	for name, c := range map[string]struct {
		trail         Trail
		reads, writes coverage
	}{
		"all of S3":             {classic("All", "arn:aws:s3"), wholly, wholly},
		"the bucket":            {classic("All", bucket+"/"), wholly, wholly},
		"another bucket":        {classic("All", bucket+"-2/"), nothing, nothing},
		"a part":                {classic("All", place+"2026/"), partly, partly},
		"reads":                 {classic("ReadOnly", bucket+"/"), wholly, nothing},
		"writes":                {classic("WriteOnly", bucket+"/"), nothing, wholly},
		"everything":            {advanced(), wholly, wholly},
		"begins":                {arn(Field{StartsWith: []string{"arn:aws:s3:::other/", bucket + "/"}}), wholly, wholly},
		"begins elsewhere":      {arn(Field{StartsWith: []string{"arn:aws:s3:::other/"}}), nothing, nothing},
		"one object":            {arn(Field{Equals: []string{place + "x"}}), partly, partly},
		"all but it":            {arn(Field{NotStartsWith: []string{bucket + "/"}}), nothing, nothing},
		"all but a part":        {arn(Field{NotStartsWith: []string{place + "tmp/"}}), partly, partly},
		"all but one object":    {arn(Field{NotEquals: []string{place + "x"}}), partly, partly},
		"all but another":       {arn(Field{NotStartsWith: []string{"arn:aws:s3:::logs/"}}), wholly, wholly},
		"some endings":          {arn(Field{EndsWith: []string{".parquet"}}), partly, partly},
		"read only":             {advanced(Field{Name: "readOnly", Equals: []string{"true"}}), wholly, nothing},
		"another source":        {advanced(Field{Name: "eventSource", Equals: []string{"kms.amazonaws.com"}}), nothing, nothing},
		"all sources but one":   {advanced(Field{Name: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}), wholly, wholly},
		"but for one who reads": {advanced(Field{Name: "userIdentity.arn", NotStartsWith: []string{"arn:aws:sts::1"}}), partly, partly},
		"management":            {Trail{Selectors: []Selector{{Fields: []Field{{Name: "eventCategory", Equals: []string{"Management"}}}}}}, nothing, nothing},
		"nothing":               {Trail{}, nothing, nothing},
	} {
		if r, w := c.trail.covers(place, true), c.trail.covers(place, false); r != c.reads || w != c.writes {
			t.Errorf("%s: reads %s, writes %s", name, r, w)
		}
	}
}

// One finding about several datasets of a bucket is told once, as severe as for the most sensitive.
func TestDatasetsOfOneBucketShareFindings(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("m.yaml", []byte(`version: 1
identities:
  acme: { issuer: https://idp.example.com, client_id: dbxaccess, groups: { ml: [reader] } }
datasets:
  a: { location: s3://acme-ml/a/, sensitivity: internal, kms_key: "`+keyARN+`" }
  b: { location: s3://acme-ml/b/, sensitivity: restricted, kms_key: "`+keyARN+`" }
roles:
  reader: { aws: { role_arn: "`+reader+`", region: eu-central-1 }, read: [a, b] }
`))
	if err != nil {
		t.Fatal(err)
	}
	seen := right()
	seen.Buckets[0].Versioning = text("")
	got := Compare(m, "", []string{"a", "b"}, seen, at)
	if len(got) != 1 || !slices.Equal(got[0].Datasets, []string{"a", "b"}) || got[0].Severity != Medium || got[0].Sensitivity != accessmap.Restricted {
		t.Errorf("%+v", got)
	}
}

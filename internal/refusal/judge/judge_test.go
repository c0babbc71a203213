package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
)

const key = "arn:aws:kms:us-east-1:111122223333:key/2b1cd3f4-5a6b-4c7d-8e9f-0a1b2c3d4e5f"

const sample = `
version: 1
contact: "#ml-platform"
identities:
  acme:
    issuer: https://acme.okta.com
    client_id: "0oa1"
    groups_claim: groups
    groups: { ml-scientists: [ml-trainer], analysts: [ml-reader], ops: [ml-admin], both: [ml-twin-a, ml-twin-b], center: [ml-viewer], tools: [ml-tools, ml-catalog] }
  ci:
    token: { from: env, name: T, audience: a }
    issuer: https://ci.example.com
    claims: [ { match: { sub: s }, roles: [a-nightly] }, { match: { sub: old }, roles: [ { role: a-ended, until: 2026-11-01 } ] } ]
datasets:
  churn:
    locations: [s3://acme-ml/churn/, s3://acme-ml/churn-raw/]
    deny: [s3://acme-ml/churn/pii/]
    sensitivity: confidential
    kms_key: ` + key + `
  labels: { location: s3://acme-ml/churn-labels/ }
  features: { location: s3://acme-features/v2/, sensitivity: internal }
  events: { location: s3://acme-events/raw/, root: exact }
  scratch: { location: s3://acme-scratch }
  model: { location: s3://acme-model/v1/ }
  attic: { location: s3://acme-attic/v1/ }
roles:
  ml-reader:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-reader", region: us-east-1 }
    read: [features]
  ml-trainer:
    inherits: [ml-reader]
    aws: { role_arn: "arn:aws:iam::111122223333:role/teams/ml-trainer", region: us-east-1 }
    read: [churn]
    write: [churn]
    delete: [scratch]
  ml-admin:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-admin", region: us-east-1 }
  ml-tools:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-tools", region: us-east-1, managed_policies: ["arn:aws:iam::111122223333:policy/tools"] }
    readwrite: [events]
  ml-catalog:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-catalog", region: us-east-1 }
    statements: [ { actions: [glue:GetTable], resources: ["*"] } ]
  ml-twin-a:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-twin", region: us-east-1 }
    read: [labels]
  ml-twin-b:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-twin", region: us-east-1 }
    read: [scratch]
  a-nightly:
    aws: { role_arn: "arn:aws:iam::111122223333:role/a-nightly", region: us-east-1 }
    read: [labels, model]
  a-ended:
    aws: { role_arn: "arn:aws:iam::111122223333:role/a-ended", region: us-east-1 }
    read: [labels]
  a-nobody:
    aws: { role_arn: "arn:aws:iam::111122223333:role/a-nobody", region: us-east-1 }
    read: [labels, attic]
  ml-viewer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLViewer_0123456789abcdef", region: us-east-1 }
    read: [features]
`

func parsed(t testing.TB) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func as(role string) string {
	return "arn:aws:sts::111122223333:assumed-role/" + role + "/ada@acme.com"
}

func TestWhatTheMapSays(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	for name, c := range map[string]struct {
		refusal refusal.Refusal
		asker   Asker
		verdict Verdict
		used    string
		role    string
		dataset string
		says    string // in the map's words, reasons and next steps
		never   string // in these; "" for nothing
	}{
		"allowed, and the IAM role lacks it": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.IdentityImplicit},
			verdict: Allowed, used: "ml-trainer", role: "ml-trainer", dataset: "churn", says: "dbxaccess map policy ml-trainer",
		},
		"allowed, by inheritance": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-features/v2/x", Kind: refusal.SessionImplicit},
			verdict: Allowed, used: "ml-trainer", role: "ml-trainer", dataset: "features", says: "read features (internal), inherited from ml-reader",
		},
		"allowed, and the boundary leaves it out": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.BoundaryImplicit},
			verdict: Allowed, used: "ml-trainer", role: "ml-trainer", dataset: "churn", says: "permissions boundary",
		},
		"the key is the dataset's": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "kms:GenerateDataKey", Resource: key, Kind: refusal.SessionImplicit},
			verdict: Allowed, used: "ml-trainer", role: "ml-trainer", dataset: "churn", says: "older than the map",
		},
		"the key is another": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "kms:GenerateDataKey", Resource: strings.Replace(key, "2b1c", "9999", 1), Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-trainer", says: "names another key for churn (confidential), " + key,
		},
		"another role may": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-reader", role: "ml-trainer", dataset: "churn", says: "dbxaccess map request ml-trainer",
		},
		"another role may, which the person has": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.SessionImplicit},
			asker:   Asker{Has: []string{"ml-reader", "ml-trainer"}},
			verdict: Denied, used: "ml-reader", role: "ml-trainer", dataset: "churn", says: "dbxaccess exec ml-trainer -- COMMAND",
		},
		"only workloads may": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-model/v1/x", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-reader", role: "a-nightly", dataset: "model", says: "dbxaccess map request model --action read", never: "map request a-nightly",
		},
		"only workloads may, and nothing was signed": {
			refusal: refusal.Refusal{Principal: refusal.Anonymous, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-model/v1/x", Kind: refusal.NoCredentials, Fault: refusal.Unsigned},
			verdict: Unknown, role: "a-nightly", dataset: "model", says: "only workloads are given the role a-nightly", never: "exec a-nightly",
		},
		"a role may that nobody is given": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-attic/v1/x", Kind: refusal.Unsaid},
			verdict: Denied, dataset: "attic", says: "would allow it to a-nobody, which nobody is given", never: "request a-nobody",
		},
		"people's roles come before workloads' and nobody's": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn-labels/x", Kind: refusal.Unsaid},
			verdict: Unknown, role: "ml-twin-a", dataset: "labels", says: "would allow it to ml-twin-a, a-nightly", never: "a-ended",
		},
		"no role may": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:DeleteObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-trainer", dataset: "churn", says: "dbxaccess map request churn --action delete",
		},
		"a neighbour whose name begins alike": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn-labels/x", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-trainer", role: "ml-twin-a", dataset: "labels", says: "gives ml-trainer nothing on labels",
		},
		"a listing without a prefix": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-features", Kind: refusal.SessionImplicit},
			verdict: Unknown, used: "ml-reader", says: "list with the slash at the end, as in s3://acme-features/v2/",
		},
		"a listing with one": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-ml", Prefix: "churn/_delta_log/", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-reader", role: "ml-trainer", dataset: "churn", says: "gives ml-reader nothing on churn (confidential)",
		},
		"a listing of a bucket in which the role has nothing": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-ml", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-reader", says: "acme-ml",
		},
		"a listing without the slash": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-ml", Prefix: "churn", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-trainer", dataset: "churn", says: "end the path with a slash: s3://acme-ml/churn/",
		},
		"the whole bucket": {
			refusal: refusal.Refusal{Principal: as("ml-twin"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-scratch", Kind: refusal.SessionImplicit},
			verdict: Unknown, used: "ml-twin-a", role: "ml-twin-b", dataset: "scratch", says: "allows it to ml-twin-b and not to ml-twin-a",
		},
		"HEAD of the root without its slash": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn", Kind: refusal.Unsaid, Operation: "HeadObject"},
			verdict: Denied, dataset: "churn", says: "`root: exact` on the dataset churn",
		},
		"HEAD of a root, as a role that has nothing there": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn", Kind: refusal.Unsaid, Operation: "HeadObject"},
			asker:   Asker{Role: "ml-reader"},
			verdict: Denied, used: "ml-reader", dataset: "churn", says: "dbxaccess map request churn --action read",
		},
		"an access point": {
			refusal: refusal.Refusal{Principal: "arn:aws:sts::111122223333:assumed-role/acme-uc/databricks", Action: "s3:ListBucket",
				Resource: "arn:aws:s3:us-east-1:111122223333:accesspoint/ml-ap", Kind: refusal.SessionImplicit},
			verdict: Unknown, says: "ARNs and actions of their own",
		},
		"a service of which the map knows nothing": {
			refusal: refusal.Refusal{Action: "sns:Publish", Resource: "arn:aws:sns:us-east-1:111122223333:topic", Kind: refusal.Unsaid},
			verdict: Unknown, says: "says nothing about sns:Publish",
		},
		"a service of which a statement speaks": {
			refusal: refusal.Refusal{Action: "glue:GetTable", Resource: "arn:aws:glue:us-east-1:111122223333:catalog", Kind: refusal.Unsaid},
			verdict: Unknown, role: "ml-catalog", says: "would allow it to ml-catalog",
		},
		"a denied part": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/pii/x", Kind: refusal.SessionExplicit},
			verdict: Denied, used: "ml-trainer", dataset: "churn", says: "denies s3://acme-ml/churn/pii/",
		},
		"a second location": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ml/churn-raw/x", Kind: refusal.BoundaryImplicit},
			verdict: Allowed, used: "ml-trainer", role: "ml-trainer", dataset: "churn", says: "write churn",
		},
		"HEAD of a root that is exact": {
			refusal: refusal.Refusal{Principal: as("ml-tools"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-events/raw", Kind: refusal.IdentityImplicit, Operation: "HeadObject"},
			verdict: Allowed, used: "ml-tools", role: "ml-tools", dataset: "events", says: "read events",
		},
		"HEAD of a root that is exact, as a role that has nothing there": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-events/raw", Kind: refusal.Unsaid, Operation: "HeadObject"},
			asker:   Asker{Role: "ml-reader"},
			verdict: Denied, used: "ml-reader", role: "ml-tools", dataset: "events", says: "gives ml-reader nothing on events", never: "root: exact",
		},
		"HEAD of a root that is exact, of nobody": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-events/raw", Kind: refusal.Unsaid, Operation: "HeadObject"},
			verdict: Unknown, role: "ml-tools", dataset: "events", says: "dbxaccess map request ml-tools", never: "root: exact",
		},
		"managed policies": {
			refusal: refusal.Refusal{Principal: as("ml-tools"), Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:111122223333:jobs", Kind: refusal.SessionImplicit},
			verdict: Unknown, used: "ml-tools", says: "what the managed policies of ml-tools allow",
		},
		"a statement": {
			refusal: refusal.Refusal{Principal: as("ml-catalog"), Action: "glue:GetTable", Resource: "arn:aws:glue:us-east-1:111122223333:catalog", Kind: refusal.IdentityImplicit},
			verdict: Allowed, used: "ml-catalog", role: "ml-catalog", says: "allows it to ml-catalog",
		},
		"a statement of another role": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "glue:GetTable", Resource: "arn:aws:glue:us-east-1:111122223333:catalog", Kind: refusal.SessionImplicit},
			verdict: Denied, used: "ml-reader", role: "ml-catalog", says: "dbxaccess map request ml-catalog",
		},
		"HeadBucket": {
			refusal: refusal.Refusal{Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-ml", Kind: refusal.Unsaid, Operation: "HeadBucket"},
			verdict: Denied, says: "create_dir=False",
		},
		"nobody is named": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/part=1/data_0.parquet", Kind: refusal.Unsaid},
			verdict: Unknown, role: "ml-trainer", dataset: "churn", says: "would allow it to ml-trainer",
		},
		"nobody is named, and the person says with which role": {
			refusal: refusal.Refusal{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.Unsaid},
			asker:   Asker{Role: "ml-reader"},
			verdict: Denied, used: "ml-reader", role: "ml-trainer", dataset: "churn", says: "gives ml-reader nothing on churn",
		},
		"no dataset": {
			refusal: refusal.Refusal{Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ml/other/model.pkl", Kind: refusal.Unsaid},
			verdict: Denied, says: "no dataset covers the place",
		},
		"what the map never gives": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "s3:PutObjectAcl", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.PublicAccess},
			verdict: Denied, used: "ml-trainer", dataset: "churn", says: "there is nothing to ask for",
		},
		"what is not S3": {
			refusal: refusal.Refusal{Principal: as("ml-reader"), Action: "iam:ListRoles", Resource: "arn:aws:iam::111122223333:role/*", Kind: refusal.SCPExplicit,
				Policy: "arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/service_control_policy/p-ab12cd34"},
			verdict: Denied, used: "ml-reader", says: "service_control_policy/p-ab12cd34",
		},
		"a role without a session policy": {
			refusal: refusal.Refusal{Principal: as("ml-admin"), Action: "iam:ListRoles", Resource: "arn:aws:iam::111122223333:role/*", Kind: refusal.IdentityImplicit},
			verdict: Allowed, used: "ml-admin", says: "does not narrow ml-admin",
		},
		"no role of the map": {
			refusal: refusal.Refusal{Principal: "arn:aws:iam::111122223333:user/ada", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.SessionExplicit},
			verdict: Unknown, role: "ml-trainer", dataset: "churn", says: "none of those that it names",
		},
		"the same name in another account": {
			refusal: refusal.Refusal{Principal: "arn:aws:sts::999988887777:assumed-role/ml-trainer/ada", Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.SessionImplicit},
			verdict: Unknown, role: "ml-trainer", dataset: "churn", says: "none of those that it names",
		},
		"a permission set's role": {
			refusal: refusal.Refusal{Principal: as("AWSReservedSSO_MLViewer_0123456789abcdef"), Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-features/v2/x", Kind: refusal.IdentityImplicit},
			verdict: Allowed, used: "ml-viewer", role: "ml-viewer", dataset: "features", says: "read features",
		},
		"tags of a session": {
			refusal: refusal.Refusal{Principal: as("ml-admin"), Action: "sts:TagSession", Resource: "arn:aws:iam::111122223333:role/ml-ci", Kind: refusal.Unsaid},
			verdict: Allowed, used: "ml-admin", says: "arn:aws:iam::111122223333:role/ml-ci has to let its trust policy allow sts:TagSession",
		},
		"a source identity": {
			refusal: refusal.Refusal{Principal: as("ml-admin"), Action: "sts:SetSourceIdentity", Resource: "arn:aws:iam::111122223333:role/ml-ci", Kind: refusal.IdentityImplicit},
			verdict: Allowed, used: "ml-admin", says: "on both sides",
		},
		"another's token": {
			refusal: refusal.Refusal{Action: "sts:AssumeRoleWithWebIdentity", Kind: refusal.Trust},
			verdict: Unknown, says: "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
		},
		"another's token, for a role of the map": {
			refusal: refusal.Refusal{Action: "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::111122223333:role/teams/ml-trainer", Kind: refusal.Trust},
			asker:   Asker{Role: "ml-trainer"},
			verdict: Unknown, says: "names it as the IAM role of ml-trainer",
		},
		"a token for a role that the person names": {
			refusal: refusal.Refusal{Action: "sts:AssumeRoleWithWebIdentity", Kind: refusal.Trust},
			asker:   Asker{Role: "ml-trainer"},
			verdict: Unknown, says: "who owns arn:aws:iam::111122223333:role/teams/ml-trainer has to let its trust policy",
		},
		"nothing signed": {
			refusal: refusal.Refusal{Principal: refusal.Anonymous, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Kind: refusal.NoCredentials, Fault: refusal.Unsigned},
			verdict: Unknown, role: "ml-trainer", dataset: "churn", says: "dbxaccess exec ml-trainer -- COMMAND",
		},
		"ended": {
			refusal: refusal.Refusal{Kind: refusal.NotAuthorisation, Fault: refusal.Expired},
			verdict: Unknown, says: `eval "$(dbxaccess env ROLE)"`,
		},
		"a privilege": {
			refusal: refusal.Refusal{Action: "READ FILES", Resource: "external location acme_ml", Kind: refusal.Databricks},
			asker:   Asker{Person: "ada@acme.com"},
			verdict: Unknown, says: "GRANT READ FILES ON EXTERNAL LOCATION acme_ml TO `ada@acme.com`;",
		},
		"a privilege on a name to be quoted": {
			refusal: refusal.Refusal{Principal: "bob`@acme.com", Action: "SELECT", Resource: "table main.ml-team.churn", Kind: refusal.Databricks},
			verdict: Unknown, says: "GRANT SELECT ON TABLE main.`ml-team`.churn TO `bob``@acme.com`;",
		},
		"encoded": {
			refusal: refusal.Refusal{Action: "ec2:RunInstances", Kind: refusal.Encoded, EncodedMessage: "AbC-dEf"},
			verdict: Unknown, says: "dbxaccess explain --decode",
		},
		"a key that is not said": {
			refusal: refusal.Refusal{Principal: as("ml-trainer"), Action: "kms:GenerateDataKey", Kind: refusal.KMSKeyPolicy},
			verdict: Unknown, used: "ml-trainer", says: "the map names for churn (confidential) the key " + key,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.asker.Map, c.asker.Now = m, time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
			a := Of(c.refusal, c.asker)
			words := strings.Join(append([]string{"the map " + a.Map, a.Grant, a.Next.String(), c.refusal.Policy}, a.Why...), "\n")
			if a.Verdict != c.verdict || a.Used != c.used || a.Role != c.role || a.Dataset != c.dataset || !strings.Contains(words, c.says) ||
				c.never != "" && strings.Contains(words, c.never) {
				t.Errorf("got %s, used %q, role %q, dataset %q\n%s\nwant %s, %q, %q, %q and %q", a.Verdict, a.Used, a.Role, a.Dataset, words, c.verdict, c.used, c.role, c.dataset, c.says)
			}
			if a.Contact != "#ml-platform" {
				t.Errorf("contact %q", a.Contact)
			}
			without := Of(c.refusal, Asker{Now: c.asker.Now})
			if without.Verdict != Unknown || without.Map != "" || without.Role != "" {
				t.Errorf("without a map: %+v", without)
			}
		})
	}
}

// Every kind has a meaning of its own, and something to do, whatever else the text and the map say.
func TestEveryKindIsExplained(t *testing.T) {
	t.Parallel()
	seen, m := map[string]refusal.Kind{}, parsed(t)
	for _, k := range []refusal.Kind{
		refusal.SessionImplicit, refusal.SessionExplicit, refusal.IdentityImplicit, refusal.IdentityExplicit, refusal.ResourceImplicit, refusal.ResourceExplicit,
		refusal.SCPImplicit, refusal.SCPExplicit, refusal.RCPImplicit, refusal.RCPExplicit, refusal.BoundaryImplicit, refusal.BoundaryExplicit,
		refusal.VPCEImplicit, refusal.VPCEExplicit, refusal.Trust, refusal.KMSKeyPolicy, refusal.KMSUnsaid, refusal.PublicAccess,
		refusal.NoCredentials, refusal.NotAuthorisation, refusal.Encoded, refusal.Databricks, refusal.Unsaid,
	} {
		meaning := Meaning(k)
		if other, twice := seen[meaning]; twice || meaning == "" {
			t.Errorf("%s and %s have the meaning %q", k, other, meaning)
		}
		seen[meaning] = k
		for name, r := range map[string]refusal.Refusal{
			"nothing more":      {Kind: k},
			"no place":          {Kind: k, Action: "s3:GetObject", Operation: "HeadObject"},
			"HeadBucket":        {Kind: k, Action: "s3:ListBucket", Operation: "HeadBucket"},
			"HeadBucket of one": {Kind: k, Action: "s3:ListBucket", Operation: "HeadBucket", Resource: "arn:aws:s3:::acme-ml"},
			"nobody":            {Kind: k, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x"},
			"a stranger":        {Kind: k, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Principal: "arn:aws:sts::999988887777:assumed-role/other/x"},
			"a role, elsewhere": {Kind: k, Action: "iam:ListRoles", Resource: "*", Principal: as("ml-reader")},
		} {
			if k == refusal.NotAuthorisation {
				r.Fault = refusal.AccountOff
			}
			for _, by := range []Asker{{}, {Map: m}} {
				if a := Of(r, by); len(a.Next) == 0 {
					t.Errorf("%s, %s, with a map %t: nothing to do: %+v", k, name, by.Map != nil, a)
				}
			}
		}
	}
}

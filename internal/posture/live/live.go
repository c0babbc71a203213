// Package live reads what AWS has around the datasets of an access map, with AWS's own SDK: buckets, keys of KMS, S3 Access Grants,
// access points, places of Lake Formation, trails of CloudTrail.
//
// In come datasets, accounts that are open, and where services are, if elsewhere than at AWS; out comes a posture.Seen. It only reads, and
// no object. What AWS does not let it read is noted with the action that it takes, and the rest is read; what it can't reach is an
// error, so that a service that did not answer is never taken for one without faults. It must never change anything at AWS, send
// credentials to a host that is not AWS's, this machine's or trusted, or be linked into dbxaccess, which starts too often for whole SDKs.
package live

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/posture"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Options say how AWS is asked. HTTP, Getenv and Progress are needed.
type Options struct {
	HTTP         *http.Client        // from httpclient: no redirects, bounded bodies
	Getenv       func(string) string // AWS_ENDPOINT_URL_S3 and its like, checked before anything is sent
	TrustedHosts []string            // that they may name besides AWS and this machine
	Hosts        iam.Hosts           // which of AWS's own
	Progress     func(doing string) (done func())
}

// Accounts lists the numbers of the accounts that the map names in what has to do with some datasets: of their keys, and of roles that
// have them. Buckets' own accounts stand in no map.
func Accounts(m *accessmap.Map, datasets []string) []string {
	named := map[string]bool{}
	add := func(arn string) {
		if parts := strings.Split(arn, ":"); len(parts) > 5 && iam.IsAccount(parts[4]) {
			named[parts[4]] = true
		}
	}
	for _, name := range datasets {
		add(m.Datasets[name].KMSKey)
		for role, r := range m.Roles {
			if e, err := m.Effective(role); err == nil && r.AWS != nil && len(e.VerbsOn(name)) > 0 {
				add(r.AWS.RoleARN)
				if iam.IsAccount(r.AWS.AccountID) {
					named[r.AWS.AccountID] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// ReadOnly is the session policy of roles that are taken: whatever they may, nothing is changed with them, and no object is read.
func ReadOnly() iam.Document {
	return iam.Policy(iam.Statement{
		Effect: "Allow",
		Action: iam.Words{
			"s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketOwnershipControls",
			"s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketVersioning", "s3:GetAccountPublicAccessBlock",
			"s3:ListAccessPoints", "s3:GetAccessPoint", "s3:GetAccessPointPolicy", "s3:ListAccessGrants",
			"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "lakeformation:ListResources",
			"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
		},
		Resource: iam.Words{"*"},
	})
}

// reader reads over all accounts.
type reader struct {
	o         Options
	endpoints map[service]string
	accounts  *live.Accounts
	seen      *posture.Seen
	regions   map[string]bool // accounts in a region that were read
	blocks    map[string]bool // accounts whose public access block was read
}

// Read reads what there is around datasets. Errors are those of a service that can't be reached, and of credentials that ended.
func Read(ctx context.Context, m *accessmap.Map, datasets []string, accounts *live.Accounts, o Options) (*posture.Seen, error) {
	r := &reader{o: o, accounts: accounts, seen: &posture.Seen{}, endpoints: map[service]string{}, regions: map[string]bool{}, blocks: map[string]bool{}}
	for s, of := range services {
		endpoint, err := httpclient.CheckEndpoint(of.variable, o.Getenv(of.variable), o.TrustedHosts, of.host)
		if err != nil {
			return nil, err
		}
		if endpoint != "" && o.Hosts != (iam.Hosts{}) {
			return nil, ui.Errorf("endpoint-invalid", ui.Failed, "%s names a host, and AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT asks for AWS's own", of.variable).
				With(ui.Advice("unset " + of.variable + ", or the other two"))
		}
		r.endpoints[s] = strings.TrimSuffix(endpoint, "/")
	}
	for _, s := range accounts.Sessions() {
		r.seen.Accounts = append(r.seen.Accounts, s.Account)
	}
	shut := accounts.Shut()
	for _, number := range slices.Sorted(maps.Keys(shut)) {
		r.seen.Shut = append(r.seen.Shut, posture.Refusal{Of: number, Why: shut[number]})
	}
	read := map[string]bool{}
	for _, name := range datasets {
		d := m.Datasets[name]
		if d.KMSKey != "" && !read[d.KMSKey] {
			read[d.KMSKey] = true
			if err := r.key(ctx, d.KMSKey); err != nil {
				return nil, err
			}
		}
		for _, l := range d.Locations {
			if read[l.Bucket] {
				continue
			}
			read[l.Bucket] = true
			if err := r.bucket(ctx, l.Bucket); err != nil {
				return nil, err
			}
		}
	}
	return r.seen, nil
}

// refuse notes what can't be read.
func (r *reader) refuse(of, action string, refused *refusedError) {
	refusal := posture.Refusal{Of: of, Action: action, Why: ui.Clean(refused.why)}
	if !slices.Contains(r.seen.Unread, refusal) {
		r.seen.Unread = append(r.seen.Unread, refusal)
	}
}

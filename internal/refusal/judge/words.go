package judge

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
)

// Meaning says in a sentence what a kind of refusal is.
func Meaning(k refusal.Kind) string {
	switch k {
	case refusal.SessionImplicit:
		return "the session policy that came with the credentials does not allow it"
	case refusal.SessionExplicit:
		return "the session policy that came with the credentials denies it"
	case refusal.IdentityImplicit:
		return "no policy attached to the IAM role or user allows it"
	case refusal.IdentityExplicit:
		return "a policy attached to the IAM role or user denies it"
	case refusal.ResourceImplicit:
		return "no policy of the resource, as a bucket's or a key's, allows it"
	case refusal.ResourceExplicit:
		return "the resource's own policy, as a bucket's or a key's, denies it"
	case refusal.SCPImplicit:
		return "no service control policy of the organisation allows it"
	case refusal.SCPExplicit:
		return "a service control policy of the organisation denies it"
	case refusal.RCPImplicit:
		return "no resource control policy of the organisation allows it"
	case refusal.RCPExplicit:
		return "a resource control policy of the organisation denies it"
	case refusal.BoundaryImplicit:
		return "the permissions boundary of the IAM role or user does not allow it"
	case refusal.BoundaryExplicit:
		return "the permissions boundary of the IAM role or user denies it"
	case refusal.VPCEImplicit:
		return "the policy of the VPC endpoint that the request went through does not allow it"
	case refusal.VPCEExplicit:
		return "the policy of the VPC endpoint that the request went through denies it"
	case refusal.Trust:
		return "the trust policy of the role does not let this caller assume it"
	case refusal.KMSKeyPolicy:
		return "the key is in another region, or its key policy does not allow it or denies it; KMS does not say which"
	case refusal.KMSUnsaid:
		return "the key does not exist in this region, or may not be used; KMS does not say which"
	case refusal.PublicAccess:
		return "S3 Block Public Access prevents it, whoever asks"
	case refusal.NoCredentials:
		return "the request was not signed, or there was nothing to sign it with: no policy was asked"
	case refusal.NotAuthorisation:
		return "this is no refusal by a policy"
	case refusal.Encoded:
		return "AWS says why in an encoded message, which STS can decode"
	case refusal.Databricks:
		return "Databricks refused it: the privilege is granted there, not at AWS"
	}
	return "the text does not say which policy refused"
}

// reasons say what else is to be known about the refusal.
func (c *inquiry) reasons(a *Answer) []string {
	var why []string
	add := func(when bool, text string) {
		if when && text != "" {
			why = append(why, text)
		}
	}
	add(c.Policy != "", "the policy is "+c.Policy)
	add(a.Role != "" && a.Role != a.Used && !c.forPeople(a.Role), "only workloads are given the role "+a.Role)
	add(c.Denied, "a statement denies it, of a kind of policy that the text does not name")
	add(strings.Contains(c.Resource, ":accesspoint/") || strings.HasPrefix(c.Service(), "s3") && c.Service() != "s3",
		"access points, directory buckets and table buckets have ARNs and actions of their own, for which the map has no words")
	switch c.Kind {
	case refusal.SessionImplicit, refusal.SessionExplicit:
		add(a.Verdict == Allowed && c.place.kind == ofKey, "the credentials may be older than the map, or narrowed with --scope")
		add(a.Verdict == Allowed && c.place.kind != ofKey, "the credentials may be older than the map, narrowed with --scope, or vended by another broker with a session policy of its own")
		add(a.Verdict == Denied && c.place.kind == ofKey && a.Dataset == "", "the bucket's default key may have changed: it differs from kms_key in the map")
		add(len(c.used) == 0 && c.Map != nil, "it was not dbxaccess that made these credentials, as far as the map can tell: who did also chose the session policy")
	case refusal.IdentityImplicit, refusal.IdentityExplicit:
		add(a.Verdict == Allowed && a.Grant != "", "the IAM role has less than the map grants: it drifted, or was never set up so")
		add(c.Action == "sts:SetSourceIdentity" || c.Action == "sts:TagSession", c.Action+" is needed on both sides: in the caller's own permissions, and in the trust policy of the role")
	case refusal.BoundaryImplicit, refusal.BoundaryExplicit:
		add(a.Verdict == Allowed && a.Grant != "", "the IAM role's permissions boundary leaves out what the map grants")
	case refusal.ResourceExplicit:
		add(c.Service() == "s3", "bucket policies often deny requests without TLS, without or with another encryption header, from outside a VPC endpoint, or from outside the organisation")
		add(c.Service() == "kms", "a key policy may deny use from outside the organisation, or otherwise than through S3")
	case refusal.ResourceImplicit:
		add(true, "across accounts the resource's policy must allow it as well as the role's")
	case refusal.SCPExplicit, refusal.SCPImplicit, refusal.RCPExplicit, refusal.RCPImplicit:
		add(true, "the organisation decides that for its accounts; neither the map nor the IAM role can give it")
	case refusal.VPCEExplicit, refusal.VPCEImplicit:
		add(true, "from another network the same request may succeed: whoever runs the network decides")
	case refusal.PublicAccess:
		add(true, "there is nothing to ask for: leave the ACL or the public policy out")
	case refusal.Trust:
		add(strings.HasPrefix(c.Action, "sts:AssumeRoleWith"), "the ID token's issuer, audience or subject is not what the trust policy asks for, or a library took AWS_WEB_IDENTITY_TOKEN_FILE instead of the credentials it was given")
	case refusal.KMSKeyPolicy, refusal.KMSUnsaid:
		add(true, "the object or the bucket's default is encrypted with a key other than the dataset's, or the key policy does not let IAM decide")
		add(true, c.keysNamed())
	case refusal.Unsaid:
		why = append(why, c.unsaid(a)...)
	case refusal.NoCredentials, refusal.NotAuthorisation:
		add(true, faultMeaning(c.Fault))
	case refusal.Databricks:
		add(c.Action == "EXTERNAL ACCESS", "access to data from outside Databricks is off in the metastore")
		add(c.Action == "EXTERNAL USE SCHEMA" || c.Action == "EXTERNAL USE LOCATION", "this privilege does not come with ALL PRIVILEGES or ownership: the owner of the catalog grants it")
	}
	return why
}

// keysNamed are the keys that the map names for the datasets of the role that was used.
func (c *inquiry) keysNamed() string {
	if c.Map == nil {
		return ""
	}
	for _, role := range c.used {
		e, err := c.Map.Effective(role)
		if err != nil {
			continue
		}
		for _, name := range e.Datasets() {
			if key := c.Map.Datasets[name].KMSKey; key != "" {
				return "the map names for " + c.Map.Label(name) + " the key " + key
			}
		}
	}
	return ""
}

// unsaid is what is known where the answer gives no reason.
func (c *inquiry) unsaid(a *Answer) []string {
	var why []string
	switch {
	case c.Action == "sts:TagSession":
		why = append(why, "session tags were sent: the role's trust policy must allow sts:TagSession beside the action that assumes it")
		if role := c.assumed(); role != "" {
			if e, err := c.Map.Effective(role); err == nil && len(e.Tags) > 0 {
				why = append(why, "the map gives "+role+" the tags "+strings.Join(slices.Sorted(maps.Keys(e.Tags)), ", "))
			}
		}
	case c.Action == "sts:SetSourceIdentity":
		why = append(why, "a source identity was sent: the caller's permissions and the role's trust policy must both allow sts:SetSourceIdentity")
	case strings.HasPrefix(c.Action, "sts:AssumeRole"):
		why = append(why, "either the caller's own permissions or the role's trust policy lack it")
	case c.Operation == "HeadBucket":
		why = append(why, "HeadBucket is a listing without prefix, which a role that is limited to prefixes may never do")
	case strings.HasPrefix(c.Operation, "Head"):
		why = append(why, "the answer to HEAD has no body, so there is no reason in it")
	}
	if c.Map != nil {
		for _, m := range c.datasetsAt() {
			if m.root && c.verb == accessmap.Read {
				why = append(why, "clients look at "+c.asked()+" before they list "+c.asked()+"/; that takes `root: exact` on the dataset "+m.name)
				break
			}
		}
	}
	if c.Action == "s3:GetObject" && (a.Verdict != Denied) {
		why = append(why, "S3 also answers 403 for an object that does not exist, where its name may not be listed")
	}
	return why
}

// assumed is the role of the map that was to be assumed; "" for none.
func (c *inquiry) assumed() string {
	if c.Map == nil || c.place.kind != ofRole {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(c.Map.Roles)) {
		if aws := c.Map.Roles[name].AWS; aws != nil && aws.RoleARN == c.place.arn {
			return name
		}
	}
	return ""
}

// faultMeaning says what a fault is.
func faultMeaning(f refusal.Fault) string {
	switch f {
	case refusal.Unsigned:
		return "the client sent the request without credentials"
	case refusal.NothingToSignWith:
		return "the client found no credentials"
	case refusal.Expired:
		return "the credentials, or the link, have ended"
	case refusal.Clock:
		return "this machine's clock is off by more than AWS accepts"
	case refusal.UnknownKey:
		return "AWS does not know the access key or the session token"
	case refusal.Signature:
		return "the signature does not fit: the secret key is another's, or something changed the request on its way"
	case refusal.WrongRegion:
		return "the request went to another region than the bucket's"
	case refusal.NoBucket:
		return "there is no such bucket"
	case refusal.NoObject:
		return "there is no such object"
	case refusal.Archived:
		return "the object is archived and has to be restored before it is read"
	case refusal.KeyDisabled:
		return "the KMS key is disabled or about to be deleted, for everybody"
	case refusal.NoKey:
		return "there is no such KMS key in the region that was asked"
	case refusal.Throttled:
		return "there were too many requests"
	case refusal.Network:
		return "the server could not be reached"
	case refusal.TLS:
		return "the server's certificate is not trusted on this machine"
	case refusal.NoACLs:
		return "the bucket takes no access control lists"
	case refusal.TokenRefused:
		return "the token was not accepted"
	case refusal.PolicySize:
		return "session policy and tags are larger than AWS takes"
	case refusal.PolicyMalformed:
		return "AWS can't read the session policy"
	case refusal.AccountOff:
		return "the account or the service is not active"
	case refusal.Address:
		return "the workspace takes no requests from this network address"
	case refusal.BadRequest:
		return "HEAD has no body to say more; usually the credentials have ended, or the bucket is in another region"
	}
	return ""
}

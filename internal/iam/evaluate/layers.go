package evaluate

import "strings"

// Layers are the policies that meet in a request. One that is nil is not known: it takes nothing away and adds nothing. One
// that is there and empty allows nothing.
type Layers struct {
	Identity []*Policy // of the role or user, managed and inline
	Session  []*Policy // handed over when the role was assumed, managed ones too
	Boundary []*Policy // the permissions boundary
	Resource []*Policy // of the bucket, the key, or the trust of the role that is assumed

	// SCP and RCP are an organisation's policies on principals and on resources, level by level from its root down to the
	// account. Each level has to allow.
	SCP, RCP [][]*Policy
	// Management is the number of the organisation's management account, which is spared by both.
	Management string

	Endpoint []*Policy // of the VPC endpoint that the request came through
}

// Layer is where a decision was made.
type Layer string

// Layers in the order in which AWS looks at them.
const (
	RCP      Layer = "rcp"
	SCP      Layer = "scp"
	Endpoint Layer = "vpce"
	Resource Layer = "resource"
	Identity Layer = "identity"
	Boundary Layer = "boundary"
	Session  Layer = "session"
)

// Kinds of denial that are not a layer's -implicit or -explicit.
const (
	Trust        = "trust"
	KMSKeyPolicy = "kms-key-policy" // the policy of the key neither names the principal nor lets IAM decide
)

// Decision is whether a request is allowed, and what decided.
type Decision struct {
	Allowed bool
	// Kind of the denial: a layer with "-explicit" for a Deny, with "-implicit" where nothing in it allows, Trust or
	// KMSKeyPolicy. "" if it is allowed.
	Kind  string
	Layer Layer
	// By is the statement that denied or allowed, None where one was missing.
	By Finding
	// Policy counts, from 1, the policies of the layer (of all its levels) up to that of By.
	Policy int
}

// Decide is what AWS would decide, as far as the layers are known. An explicit deny anywhere wins. Within one account a
// request is allowed by
//
//	SCP ∩ RCP ∩ endpoint ∩ (((identity ∪ resource naming the role) ∩ boundary ∩ session) ∪ resource naming the session)
//
// and across accounts by all of them. Keys of KMS and roles that are assumed are the exception: their own policy has to name
// the principal or its account, and in the second case IAM decides. Grants of KMS stand in no policy and are not seen.
//
// If several layers deny, the first in AWS's order is told:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
func Decide(l Layers, r Request) Decision {
	a := newAsked(r)
	l = l.without(a)
	says := make(map[Layer]Decision)
	var named naming
	for _, layer := range l.list() {
		f, by, n := layer.says(a)
		if f.Effect == Deny {
			kind := string(layer.name) + "-explicit"
			if layer.name == Resource && assumes(a) {
				kind = Trust
			}
			return Decision{Kind: kind, Layer: layer.name, By: f, Policy: n}
		}
		if layer.name == Resource {
			named = by
		}
		says[layer.name] = Decision{Allowed: f.Effect == Allow, Layer: layer.name, By: f, Policy: n}
	}
	for _, levels := range []struct {
		name   Layer
		levels [][]*Policy
	}{{RCP, l.RCP}, {SCP, l.SCP}} {
		for _, level := range levels.levels {
			if f, _ := find(level, a, levels.name.place(false)); f.Effect != Allow {
				return denied(levels.name)
			}
		}
	}
	return a.granted(says, named)
}

// without drops the layers that don't apply: organisations spare their management account and service-linked roles, and
// who is no principal of IAM has no policies of its own.
func (l Layers) without(a asked) Layers {
	spared := a.caller.serviceLinked()
	if a.caller.kind == outsider || spared || l.Management != "" && a.caller.account == l.Management {
		l.SCP = nil
	}
	if spared || l.Management != "" && a.owner == l.Management {
		l.RCP = nil
	}
	if a.caller.kind == outsider {
		l.Identity, l.Boundary, l.Session = nil, nil, nil
	}
	return l
}

// granted decides where nothing denies and the organisation allows, by what each layer that is known says, and how directly the resource's
// own names the principal.
func (a asked) granted(says map[Layer]Decision, named naming) Decision {
	lacks := func(name Layer) bool {
		d, known := says[name]
		return known && !d.Allowed
	}
	if lacks(Endpoint) {
		return denied(Endpoint)
	}
	across := a.caller.account != a.owner
	switch {
	case named == bySession && (!across || a.caller.kind == outsider):
		return says[Resource]
	case lacks(Resource) && (across || a.caller.kind == outsider || ownPolicyDecides(a)):
		return a.refusedByResource()
	case named >= byRole && !across:
		if _, known := says[Identity]; !known || lacks(Identity) {
			says[Identity] = says[Resource]
		}
	case lacks(Identity) && a.caller.kind != root:
		return denied(Identity)
	}
	for _, name := range []Layer{Boundary, Session} {
		if lacks(name) {
			return denied(name)
		}
	}
	for _, name := range []Layer{Identity, Session, Resource} {
		if d := says[name]; d.Allowed {
			return d
		}
	}
	return Decision{Allowed: true} // nothing is known that takes it away
}

func denied(layer Layer) Decision { return Decision{Kind: string(layer) + "-implicit", Layer: layer} }

func (a asked) refusedByResource() Decision {
	d := denied(Resource)
	switch {
	case assumes(a):
		d.Kind = Trust
	case ownPolicyDecides(a):
		d.Kind = KMSKeyPolicy
	}
	return d
}

// ownPolicyDecides reports whether IAM can allow only what the resource's own policy lets it.
func ownPolicyDecides(a asked) bool {
	return assumes(a) || strings.HasPrefix(string(a.action), "kms:") && a.isA("kms", "key/")
}

func assumes(a asked) bool {
	return strings.HasPrefix(string(a.action), "sts:") && a.isA("iam", "role/")
}

func (a asked) isA(service, prefix string) bool {
	return len(a.segments) == arnSegments && string(a.segments[serviceSegment]) == service &&
		strings.HasPrefix(string(a.segments[resourceSegment]), prefix)
}

// layerPolicies are all policies of a layer that is known.
type layerPolicies struct {
	name     Layer
	policies []*Policy
	at       place
}

// list has the layers that are known, in AWS's order, those of an organisation flat.
func (l Layers) list() []layerPolicies {
	var list []layerPolicies
	for _, layer := range []struct {
		name  Layer
		known bool
		all   [][]*Policy
	}{
		{RCP, l.RCP != nil, l.RCP},
		{SCP, l.SCP != nil, l.SCP},
		{Endpoint, l.Endpoint != nil, [][]*Policy{l.Endpoint}},
		{Resource, l.Resource != nil, [][]*Policy{l.Resource}},
		{Identity, l.Identity != nil, [][]*Policy{l.Identity}},
		{Boundary, l.Boundary != nil, [][]*Policy{l.Boundary}},
		{Session, l.Session != nil, [][]*Policy{l.Session}},
	} {
		if layer.known {
			var flat []*Policy
			for _, level := range layer.all {
				flat = append(flat, level...)
			}
			list = append(list, layerPolicies{layer.name, flat, layer.name.place(l.Boundary != nil)})
		}
	}
	return list
}

func (l Layer) place(bounded bool) place {
	switch {
	case l != RCP && l != Resource && l != Endpoint:
		return identityPolicies
	case bounded:
		return boundedPolicies
	default:
		return resourcePolicies
	}
}

// says is what the layer says as a whole, and which of its policies, counted from 1.
func (l layerPolicies) says(a asked) (finding Finding, by naming, policy int) {
	for i := range l.policies {
		f, named := find(l.policies[i:i+1], a, l.at)
		if f.Effect == Deny {
			return f, named, i + 1
		}
		if f.Effect == Allow && named > by {
			finding, by, policy = f, named, i+1
		}
	}
	return finding, by, policy
}

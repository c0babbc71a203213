package refusal

// policyType is one of the types of policy as AWS names them, without white space.
type policyType struct {
	phrase             string
	implicit, explicit Kind
}

var policyTypes = [...]policyType{
	{"identity-based", IdentityImplicit, IdentityExplicit},
	{"identitybased", IdentityImplicit, IdentityExplicit},
	{"resource-based", ResourceImplicit, ResourceExplicit},
	{"resourcebased", ResourceImplicit, ResourceExplicit},
	{"sessions", SessionImplicit, SessionExplicit}, // sic, in AWS's documentation
	{"session", SessionImplicit, SessionExplicit},
	{"permissionsboundary", BoundaryImplicit, BoundaryExplicit},
	{"permissionboundary", BoundaryImplicit, BoundaryExplicit},
	{"servicecontrol", SCPImplicit, SCPExplicit},
	{"resourcecontrol", RCPImplicit, RCPExplicit},
	{"vpcendpoint", VPCEImplicit, VPCEExplicit},
	{"roletrust", Trust, Trust},
	{"trust", Trust, Trust},
}

func (t *policyType) kind(explicit bool) Kind {
	if explicit {
		return t.explicit
	}
	return t.implicit
}

// policyType reads an article, a type and the word policy.
func (p *page) policyType(at int) (*policyType, int) {
	for _, article := range []string{"the", "an", "a", ""} {
		if !p.has(at, article) {
			continue
		}
		for i := range policyTypes {
			t := &policyTypes[i]
			if !p.has(at+len(article), t.phrase) {
				continue
			}
			end := at + len(article) + len(t.phrase)
			for _, word := range []string{"policies", "policy"} {
				if p.has(end, word) {
					return t, end + len(word)
				}
			}
			return t, end
		}
	}
	return nil, at
}

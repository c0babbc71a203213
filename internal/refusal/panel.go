package refusal

import "strings"

// panel reads what AWS's console shows in the sentence's place, line by line:
//
//	User: ARN
//	Action: ACTION
//	On resource(s): RESOURCE
//	Context: no TYPE policy allows the ACTION action
func (r *reading) panel(m mark) {
	const most = maxARN + maxAction
	from := max(0, m.at-most)
	before := r.dense[from:m.at]
	r.work += len(before)
	action := strings.LastIndex(before, "action:")
	user := strings.LastIndex(before, "user:")
	if action < 0 || user < 0 || user > action {
		return
	}
	name, end := r.action(from + action + len("action:"))
	if name == "" || end != m.at {
		return
	}
	e := r.open(from+user, m.at+m.size)
	e.Kind, e.Action, e.denies, e.spoken = Unsaid, name, true, true
	if who := r.exact(from+user+len("user:"), from+action); isPrincipal(who) {
		e.Principal = who
	}
	end = r.run(m.at+m.size, func(c byte) bool { return strings.IndexByte(`"'<>,;`, c) < 0 }, maxARN)
	e.Resource = named(r.exact(m.at+m.size, end))
	e.to = end
	const context = "context:"
	if r.has(end, context) {
		rest := end + len(context)
		explicit := r.has(rest, "anexplicitdeny") || r.has(rest, "explicitdeny")
		for _, words := range [...]string{"anexplicitdenyin", "explicitdenyin", "because", "no"} {
			if r.has(rest, words) {
				rest += len(words)
			}
		}
		if t, to := r.policyType(rest); t != nil {
			e.Kind, e.to = t.kind(explicit), to
		} else {
			e.Denied = explicit
		}
	}
}

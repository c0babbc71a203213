package refusal

import "strings"

// sentence is AWS's own:
//
//	User: ARN is not authorized to perform: ACTION [on resource: RESOURCE]
//	  [because no TYPE policy allows the ACTION action | with an explicit deny in a TYPE policy[: ARN]]
//
// S3 puts the resource into quotation marks; STS leaves the user out where nobody had signed.
type sentence struct {
	from, to int // of dense
	Refusal
}

const performing = "notauthorizedtoperform"

// followers are what comes after an action or a resource, so that a word that a line end cut is told from the next word.
var followers = [...]string{
	"context:", "onresource", "onthisresource", "ontheresource", "because", "withanexplicitdeny", "(service", "encodedauthorization", "statuscode:", "transitivelythrough",
}

// sentenceAt reads the sentence whose phrase performing stands at a place; ok is false where it names no action.
func (p *page) sentenceAt(at int) (s sentence, ok bool) {
	s.from = at
	i := at + len(performing)
	for i < len(p.dense) && strings.IndexByte(`:"'[ `, p.dense[i]) >= 0 {
		i++
	}
	s.Action, i = p.action(i)
	if s.Action == "" {
		return s, false
	}
	s.Kind = Unsaid
	s.Principal, s.from = p.principalBefore(at)
	assumed := ""
	if p.behind(s.from, "refusesrole") { // our own: AWS refuses role ARN: Not authorized to perform: ACTION
		assumed, s.Principal = s.Principal, ""
	}
	s.Resource, i = p.resource(i)
	if s.Resource == "" {
		s.Resource = assumed
	}
	i = p.skip(i, `"'.,;]`)
	s.to = p.reason(&s.Refusal, i)
	service, action, _ := strings.Cut(s.Action, ":")
	switch {
	case s.Principal == "" && service == "sts" && s.Kind == Unsaid && strings.HasPrefix(action, "AssumeRoleWith"):
		s.Kind = Trust // nothing else decides about who has not signed
	case s.Kind == Unsaid && !s.Denied && service == "sts" && (action == "AssumeRoleWithWebIdentity" || action == "AssumeRoleWithSAML"):
		s.Kind = Trust
	case s.Principal == Anonymous && !s.Denied && (s.Kind == Unsaid || strings.HasSuffix(string(s.Kind), "-implicit")):
		s.Kind = NoCredentials
		s.Fault = Unsigned
	}
	return s, true
}

// behind reports whether a phrase stands right before a place.
func (p *page) behind(at int, phrase string) bool {
	return strings.HasSuffix(p.dense[:at], phrase)
}

func (p *page) skip(i int, chars string) int {
	for i < len(p.dense) && strings.IndexByte(chars, p.dense[i]) >= 0 {
		i++
	}
	return i
}

// run is where a word of so many bytes at most ends that begins at a place: at white space, or at what can't be in it. Where
// a line ends in it, it ends there if what follows is not its rest.
func (p *page) run(from int, in func(byte) bool, most int) int {
	i := from
	for ; i < len(p.dense) && i-from < most; i++ {
		if !in(p.dense[i]) {
			break
		}
		if i == from {
			continue
		}
		g := p.gap(i)
		if g == unbroken {
			continue
		}
		if g == spaced || p.follows(i) || g == lineEnd && !p.goesOn(i, in) {
			break
		}
	}
	p.work += i - from
	return i
}

func (p *page) follows(at int) bool {
	for _, phrase := range followers {
		if p.has(at, phrase) {
			return true
		}
	}
	return false
}

// goesOn reports whether a word goes on behind a line's end that is not that of a full line: it ended with a sign that a
// word is broken at, or one of the followers comes after the rest of it.
func (p *page) goesOn(at int, in func(byte) bool) bool {
	if strings.IndexByte("/-:_.=", p.dense[at-1]) >= 0 && isWord(p.dense[at]) {
		return true
	}
	const most = 80
	for i := at + 1; i < len(p.dense) && i < at+most; i++ {
		if p.gap(i) != unbroken {
			return p.follows(i)
		}
		if !in(p.dense[i]) {
			return false
		}
	}
	return false
}

// action reads service:Name. The service is written in small letters: some services write their own name otherwise.
func (p *page) action(from int) (string, int) {
	colon := p.run(from, isLower, 60)
	if colon >= len(p.dense) || p.dense[colon] != ':' {
		return "", from
	}
	end := p.run(colon+1, func(c byte) bool { return isWord(c) || c == '*' }, maxAction)
	action := p.dense[from:colon+1] + p.exact(colon+1, end)
	if !isAction(action) {
		return "", from
	}
	return action, end
}

// principalBefore reads who stands before a phrase, and says where that begins.
func (p *page) principalBefore(at int) (string, int) {
	end := at
	for _, verb := range []string{"isnot", "is"} {
		if strings.HasSuffix(p.dense[max(0, end-len(verb)):end], verb) {
			end -= len(verb)
			break
		}
	}
	from := max(0, end-maxARN)
	p.work += end - from
	user := strings.LastIndex(p.dense[from:end], "user:")
	if user >= 0 {
		user += from
		if name := strings.Trim(p.exact(user+len("user:"), end), `"'`); isPrincipal(name) {
			return name, user
		}
	}
	if arn := strings.LastIndex(p.dense[from:end], "arn:"); arn >= 0 {
		arn += from
		if name := strings.Trim(p.exact(arn, end), `"':`); isPrincipal(name) {
			return name, arn
		}
	}
	return "", end
}

// resource reads what follows an action: nothing, a resource that is not named, or an ARN, in quotation marks or not.
func (p *page) resource(from int) (string, int) {
	i := p.skip(from, `"'.,`)
	switch {
	case p.has(i, "onthisresource"):
		return "", i + len("onthisresource")
	case p.has(i, "ontheresourceassociatedwiththisciphertext"):
		return "", i + len("ontheresourceassociatedwiththisciphertext")
	case p.has(i, "onresource(s)"):
		i += len("onresource(s)")
	case p.has(i, "onresources"):
		i += len("onresources")
	case p.has(i, "onresource"):
		i += len("onresource")
	case p.has(i, "ontheresource"):
		i += len("ontheresource")
	default:
		return "", from
	}
	i = p.skip(i, ":")
	if i < len(p.dense) && strings.IndexByte("\"'`", p.dense[i]) >= 0 {
		if name, end, ok := p.quoted(i); ok {
			return named(name), end
		}
		i++
	}
	end := p.run(i, func(c byte) bool { return strings.IndexByte(`"'<>,;`+"`", c) < 0 }, maxARN)
	name := strings.TrimRight(p.exact(i, end), ".)]}:")
	return named(name), i + len(name)
}

func named(name string) string {
	if name == "*" || isARN(name) {
		return name
	}
	return ""
}

// quoted reads a name in quotation marks, which may have spaces. At the end of a line that was not full there was one,
// unless the line ended with a sign that names are broken at.
func (p *page) quoted(at int) (name string, end int, ok bool) {
	mark := p.dense[at]
	window := p.dense[at+1 : min(len(p.dense), at+1+maxARN)]
	length := strings.IndexByte(window, mark)
	p.work += len(window)
	if length < 0 {
		return "", at, false
	}
	end = at + 1 + length
	var b strings.Builder
	for i := at + 1; i < end; i++ {
		if i > at+1 {
			switch g := p.gap(i); {
			case g == spaced:
				b.WriteByte(' ')
			case g == lineEnd && strings.IndexByte("/-:_.=", p.dense[i-1]) < 0:
				b.WriteByte(' ')
			}
		}
		b.WriteByte(p.text[p.at[i]])
	}
	return b.String(), end + 1, true
}

// reason reads why, and says where that ends.
func (p *page) reason(r *Refusal, i int) int {
	const most = 160
	rest := p.dense[i:min(len(p.dense), i+most)]
	p.work += len(rest)
	explicit := false
	switch {
	case strings.HasPrefix(rest, "becauseno"):
		i += len("becauseno")
	case strings.HasPrefix(rest, "withanexplicitdenyin"):
		i += len("withanexplicitdenyin")
		explicit = true
	case strings.HasPrefix(rest, "withanexplicitdeny"):
		r.Denied = true
		return i + len("withanexplicitdeny")
	case strings.HasPrefix(rest, "becausetheresourcedoesnotexistinthisregion"):
		r.Kind = KMSKeyPolicy
		return i + len("becausetheresourcedoesnotexistinthisregion")
	case strings.HasPrefix(rest, "because") && (strings.Contains(rest, "blockpublic") || strings.Contains(rest, "restrictpublicbuckets") || strings.Contains(rest, "ignorepublicacls")):
		r.Kind = PublicAccess
		return i + len(rest)
	default:
		return i
	}
	t, end := p.policyType(i)
	if t == nil {
		r.Denied = explicit
		return i
	}
	r.Kind, i = t.kind(explicit), end
	if p.has(i, ":") {
		stop := p.run(i+1, func(c byte) bool { return strings.IndexByte(`"'<>,;()`, c) < 0 }, maxARN)
		if arn := strings.TrimRight(p.exact(i+1, stop), "."); isARN(arn) {
			r.Policy, i = arn, i+1+len(arn)
		}
	}
	const through = "transitivelythrough"
	if p.has(i, through) { // the endpoint only passed on what another policy said
		if t, end := p.policyType(i + len(through)); t != nil {
			r.Kind, i = t.kind(explicit), end
		}
	}
	return i
}

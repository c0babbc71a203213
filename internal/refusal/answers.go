package refusal

import (
	"net/url"
	"strings"
)

// xml is the answer of S3 or STS itself: <Error><Code>…</Code><Message>…</Message>…
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func (r *reading) xml(m mark) {
	code := r.upTo(m.at+m.size, "</code>", 80)
	if code == "" || !only(code, func(c byte) bool { return isWord(c) || c == '.' || c == '_' }) {
		return
	}
	e := r.cur
	if e == nil || e.spoken || m.at-e.to > around || e.coded && e.code != "403" && e.code != "403forbidden" && e.code != code {
		e = r.open(m.at, m.at+m.size)
	}
	e.code, e.coded = code, true
	e.denies = deniesByCode(code)
	e.to = max(e.to, m.at+m.size+len(code))
	const most = 4000
	end := min(len(r.dense), m.at+most)
	for _, tag := range []string{"</error>", "<code>"} {
		if at := strings.Index(r.dense[e.to:end], tag); at >= 0 {
			end = e.to + at
		}
	}
	r.work += end - e.to
	bucket, key := r.element(e.to, end, "bucketname"), r.element(e.to, end, "key")
	if path := r.element(e.to, end, "resource"); bucket == "" && strings.HasPrefix(path, "/") {
		var ofPath string
		bucket, ofPath, _ = strings.Cut(path[1:], "/")
		if key == "" {
			key = ofPath
		}
	}
	if isBucket(bucket) && e.where.bucket == "" {
		e.where = place{bucket: bucket, key: key}
	}
}

// element is the text of an element in a part of dense.
func (r *reading) element(from, to int, name string) string {
	part := r.dense[from:to]
	begin := strings.Index(part, "<"+name+">")
	if begin < 0 {
		return ""
	}
	begin += len(name) + 2
	length := strings.Index(part[begin:], "</"+name+">")
	if length < 0 || length > maxARN {
		return ""
	}
	return strings.TrimSpace(r.joined(from+begin, from+begin+length))
}

// json is the answer of KMS and others, or what an SDK shows of one: {"__type":"AccessDeniedException","message":"…"}.
func (r *reading) json(m mark) {
	code := r.upTo(m.at+m.size, `"`, 120)
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	if !deniesByCode(code) && faultOfCode(code) == "" {
		return
	}
	if r.isNear(m.at, around) && (r.cur.coded || r.cur.spoken) {
		return
	}
	e := r.near(m, around)
	e.code, e.coded, e.denies = code, true, deniesByCode(code)
}

// decoded is what STS makes of an encoded message, which does not name the kind of policy:
// {"allowed":false,"explicitDeny":false,…,"context":{"principal":{…,"arn":"…"},"action":"…","resource":"…",…}}
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
func (r *reading) decoded(m mark) {
	const most = 20000 // twice what an encoded message may have
	if m.at < r.decodedTo {
		return
	}
	end := min(len(r.dense), m.at+most)
	r.decodedTo = end
	about := strings.Index(r.dense[m.at:end], `"context":{`)
	r.work += end - m.at
	if about < 0 {
		return
	}
	about += m.at
	field := func(name string) string {
		begin := strings.Index(r.dense[about:end], `"`+name+`":"`)
		if begin < 0 {
			return ""
		}
		begin += about + len(name) + 4
		return r.exact(begin, begin+len(r.upTo(begin, `"`, maxARN)))
	}
	principal, action, resource := field("arn"), field("action"), field("resource")
	if !isAction(action) {
		return
	}
	e := r.open(m.at, about)
	e.Kind, e.Denied, e.denies, e.spoken = Unsaid, r.has(m.at+m.size, "true"), true, true
	e.Action, e.Resource = action, named(resource)
	if isPrincipal(principal) {
		e.Principal = principal
	}
}

// http is a bare status, as DuckDB, object_store and other clients of their own tell it, beside the address that was asked.
func (r *reading) http(m mark) {
	if e := r.cur; r.isNear(m.at, around) && (e.where.bucket == "" || e.method == "" || !r.otherAddress(e, m.at)) {
		e.denies = e.denies || !e.coded
		e.to = max(e.to, m.at+m.size)
		if e.where.bucket != "" || e.spoken || e.coded && e.Operation != "" {
			return
		}
		r.address(e, max(e.from-around, r.last), m.at+around)
		return
	}
	from := max(m.at-2*around, r.end())
	e := &event{from: m.at, to: m.at + m.size, denies: true}
	r.address(e, from, m.at+around)
	if e.where.bucket == "" && r.ofDatabricksHost(from, m.at+around) {
		e.Kind = Databricks
	} else if e.where.bucket == "" && !r.speaksOfS3(from, m.at+around) {
		return
	}
	r.close()
	r.cur = e
}

// otherAddress reports whether another address stands between an event and a place: it is what that place is about.
func (r *reading) otherAddress(e *event, at int) bool {
	const tries = 4
	for _, address := range expressions().webAddress.FindAllString(r.joined(max(e.to, at-around), at), tries) {
		if where, ok := ofURL(trimmed(address), true); ok && (where.bucket != e.where.bucket || where.key != e.where.key) {
			return true
		}
	}
	return false
}

// trimmed is an address without the signs that end a sentence or a bracket around it.
func trimmed(s string) string { return strings.TrimRight(s, ").,;:]}") }

// speaksOfS3 reports whether a part of the text is about AWS at all: a web server's 403 is no refusal of ours.
func (r *reading) speaksOfS3(from, to int) bool {
	part := r.dense[max(from, 0):min(to, len(r.dense))]
	r.work += len(part)
	for _, word := range []string{"s3://", "s3a://", "generics3error", "amazons3", "amazonaws", "accessdenied"} {
		if strings.Contains(part, word) {
			return true
		}
	}
	return false
}

// ofDatabricksHost reports whether a part of the text has an address of a workspace or of an account's console.
func (r *reading) ofDatabricksHost(from, to int) bool {
	for _, address := range expressions().webAddress.FindAllString(r.joined(from, to), -1) {
		if u, err := url.Parse(trimmed(address)); err == nil {
			host := strings.ToLower(u.Hostname())
			for _, domain := range [...]string{".databricks.com", ".databricks.us", ".databricks.mil", ".azuredatabricks.net"} {
				if strings.HasSuffix(host, domain) && !strings.HasPrefix(host, "docs.") {
					return true
				}
			}
		}
	}
	return false
}

// address finds the request of an event: the last address before its end, else the first after it, between two places that
// are not far from there.
func (r *reading) address(e *event, from, to int) {
	const (
		furthest = 3 * around
		tries    = 4
	)
	before, after := r.joined(max(from, e.to-furthest), e.to), r.joined(e.to, min(to, e.to+furthest))
	ofS3 := strings.Contains(before, "s3") || strings.Contains(before, "S3") || strings.Contains(after, "S3")
	read := func(text string, span []int) bool {
		where, ok := ofURL(trimmed(text[span[0]:span[1]]), ofS3)
		if !ok {
			return false
		}
		e.where, e.method = where, "GET"
		if found := last(expressions().httpMethod, text[max(0, span[0]-80):span[0]]); found != nil {
			e.method = methodIn(found[1])
		}
		return true
	}
	all := expressions().webAddress.FindAllStringIndex(before, -1)
	for n := range min(tries, len(all)) {
		if read(before, all[len(all)-1-n]) {
			return
		}
	}
	for _, span := range expressions().webAddress.FindAllStringIndex(after, tries) {
		if read(after, span) {
			return
		}
	}
	if found := last(expressions().requestLine, before); found != nil {
		if where, ok := ofURL("https://"+found[3]+found[2], ofS3); ok {
			e.where, e.method = where, found[1]
			return
		}
	}
	if spans := expressions().s3URI.FindAllStringIndex(before, -1); len(spans) > 0 {
		span := spans[len(spans)-1]
		if where, ok := ofURI(trimmed(before[span[0]:span[1]])); ok {
			e.where = where
			if found := last(expressions().httpMethod, before[max(0, span[0]-80):span[0]]); found != nil {
				e.method = methodIn(found[1])
			} else {
				e.does(before[:span[0]])
			}
		}
	}
}

// methodIn is a method as it was told: GET, or get request.
func methodIn(told string) string {
	method, _, _ := strings.Cut(told, " ")
	return strings.ToUpper(method)
}

// does takes what a client was doing from the words that stand before a place.
func (e *event) does(before string) {
	if e.Operation != "" || e.Action != "" || e.doing != "" {
		return
	}
	if found := expressions().doingWith.FindStringSubmatch(before[max(0, len(before)-120):]); found != nil {
		e.doing = strings.ToLower(found[1])
	}
}

// locate looks for a place in the text around an event that names none itself.
func (r *reading) locate(e *event) {
	if e.where.bucket != "" {
		return
	}
	if e.spoken && (e.Service() != "s3" || e.Action != "s3:ListBucket" && e.Resource != "") {
		return
	}
	before := r.joined(max(e.from-around, r.last), e.from)
	after := r.joined(e.from, min(e.to, e.from+2*around)+around/3)
	if found := last(expressions().uploaded, before); found != nil {
		e.where = place{bucket: found[1], key: found[2]}
		return
	}
	best, at := place{}, -1
	for _, span := range expressions().s3URI.FindAllStringIndex(before, -1) {
		if where, ok := ofURI(trimmed(before[span[0]:span[1]])); ok && r.fits(e, where) {
			best, at = where, span[0]
		}
	}
	if spans := expressions().callParameters.FindAllStringSubmatchIndex(before, -1); len(spans) > 0 {
		if span := spans[len(spans)-1]; span[0] > at {
			best.bucket, best.key = before[span[2]:span[3]], ""
			if span[4] >= 0 {
				best.key = before[span[4]:span[5]]
			}
			at = span[0]
		}
	}
	if at < 0 {
		if uri := expressions().s3URI.FindString(after); uri != "" {
			if where, ok := ofURI(trimmed(uri)); ok && r.fits(e, where) {
				best = where
			}
		}
	}
	if r.fits(e, best) {
		e.where = best
	}
	if at >= 0 {
		e.does(before[:at])
	}
}

// fits reports whether a place may be that of an event, whose resource is known where a sentence named it.
func (r *reading) fits(e *event, where place) bool {
	return e.Resource == "" || strings.HasSuffix(e.Resource, ":::"+where.bucket)
}

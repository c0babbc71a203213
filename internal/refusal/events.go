package refusal

import "strings"

// event is one failure as a client tells it, in one or more forms that stand close together.
type event struct {
	from, to int // of dense

	Refusal
	denies  bool   // something says that access was refused
	spoken  bool   // a sentence of AWS was read
	coded   bool   // code is the server's
	code    string // in small letters
	service string // prefix of actions
	method  string // of HTTP
	where   place
	folder  bool // a listing of where.key is sent with a slash at its end
	doing   string
}

// How far apart, in bytes without white space, two forms of the same event may stand.
const (
	nearby    = 260
	around    = 700
	withTrace = 3000
)

// reading is the state between marks.
type reading struct {
	*page
	done []Refusal
	cur  *event
	last int // where the event before ended

	decodedTo int // up to where a decoded message was looked for
}

// events reads a page from mark to mark.
func (p *page) events() ([]Refusal, bool) {
	marks, cut := p.marks()
	r := &reading{page: p}
	for _, m := range marks {
		r.follow(m)
	}
	r.close()
	return r.done, cut
}

func (r *reading) follow(m mark) {
	switch m.form {
	case aSentence:
		r.sentence(m)
	case aDecoded:
		r.decoded(m)
	case aPanel:
		r.panel(m)
	case ofBoto:
		r.boto(m)
	case ofArrow:
		r.arrow(m)
	case ofS3A:
		r.s3a(m)
	case ofGo:
		r.goSDK(m)
	case ofJava:
		r.java(m)
	case ofXML:
		r.xml(m)
	case ofJSON:
		r.json(m)
	case ofPrivilege, ofOwnership, ofWorkspace:
		r.databricks(m)
	case anEncoded:
		r.encoded(m)
	case ofKMS:
		e := r.near(m, nearby)
		e.Kind, e.denies = KMSUnsaid, true
	case unsigned, ofFault:
		r.fault(m)
	case ofHTTP:
		r.http(m)
	case aWord:
		r.word(m)
	}
}

// open begins an event and closes the one before.
func (r *reading) open(from, to int) *event {
	r.close()
	r.cur = &event{from: from, to: to}
	return r.cur
}

// near is the present event if it ended so close before a mark, else a new one. Its end is moved to that of the mark.
func (r *reading) near(m mark, reach int) *event {
	if !r.isNear(m.at, reach) {
		return r.open(m.at, m.at+m.size)
	}
	r.cur.to = max(r.cur.to, m.at+m.size)
	return r.cur
}

func (r *reading) isNear(at, reach int) bool { return r.cur != nil && at-r.cur.to <= reach }

func (r *reading) close() {
	if r.cur == nil {
		return
	}
	if refusal, ok := r.finish(r.cur); ok {
		r.done = append(r.done, refusal)
	}
	r.last, r.cur = r.cur.to, nil
}

func (r *reading) sentence(m mark) {
	s, ok := r.sentenceAt(m.at)
	if !ok {
		r.near(m, nearby).denies = true
		return
	}
	e := r.cur
	if e == nil || e.spoken || s.from-e.to > nearby || e.Kind == Databricks {
		e = r.open(s.from, s.to)
	}
	operation, encoded := e.Operation, e.EncodedMessage
	e.Refusal = s.Refusal
	e.Operation, e.EncodedMessage = operation, encoded
	e.to, e.spoken, e.denies = max(e.to, s.to), true, true
}

// word is the mere word for a refusal. Near another form it says nothing new.
func (r *reading) word(m mark) {
	e := r.near(m, around)
	e.denies = true
	if !e.spoken && r.has(m.at, "unauthorizedoperation") && e.service == "" {
		e.service = "ec2"
	}
}

func (r *reading) fault(m mark) {
	if m.form == unsigned {
		e := r.near(m, around)
		if !e.spoken {
			e.Fault, e.Kind = m.fault, NoCredentials
		}
		return
	}
	if r.isNear(m.at, nearby) {
		switch e := r.cur; {
		case e.Fault != "" || faultOfCode(e.code) != "" && faultOfCode(e.code) != BadRequest && m.fault != Clock:
			e.to = max(e.to, m.at+m.size) // said already
			return
		case e.spoken || e.denies && !inPlaceOfDenial(m.fault):
			r.close()
		}
	}
	e := r.near(m, nearby)
	e.Fault, e.Kind = m.fault, NotAuthorisation
}

// inPlaceOfDenial reports whether services say that access is denied and mean a fault, as S3 of an address that has ended.
func inPlaceOfDenial(f Fault) bool {
	switch f {
	case Expired, Clock, UnknownKey, Signature, TokenRefused, Address:
		return true
	}
	return false
}

// encoded reads a message for STS, which is base64 of the alphabet for addresses, up to the length that STS takes.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
func (r *reading) encoded(m mark) {
	const most = 10240
	e := r.near(m, around)
	from := m.at + m.size
	end := from
	for end < len(r.dense) && end-from < most && (isWord(r.dense[end]) || r.dense[end] == '-' || r.dense[end] == '_') {
		if g := r.gap(end); end > from && (g == spaced || g == lineEnd) && !r.longWordAt(end) {
			break
		}
		end++
	}
	if message := r.exact(from, end); len(message) >= 8 {
		e.EncodedMessage = message
	}
	e.to, e.denies = max(e.to, end), true
}

// longWordAt reports whether an encoded message goes on behind white space: with a line of some length that has more than
// letters.
func (r *reading) longWordAt(at int) bool {
	const least = 24
	return at+least <= len(r.dense) && longWord(r.dense[at:], least) && r.gap(at) == lineEnd && strings.ContainsAny(r.dense[at:at+least], "0123456789_-")
}

// finish makes the refusal of an event; ok is false where it turns out to be none.
func (r *reading) finish(e *event) (_ Refusal, ok bool) {
	out := &e.Refusal
	if e.Kind == Databricks {
		if out.Action == "" && !r.speaksOfDatabricks(e) {
			return Refusal{}, false // others have errors of that name
		}
		out.clean()
		return *out, true
	}
	if fault := faultOfCode(e.code); fault != "" && !e.spoken && e.Kind == "" {
		e.Fault, e.Kind = fault, NotAuthorisation
	}
	if e.Kind == NotAuthorisation {
		return Refusal{Kind: NotAuthorisation, Fault: e.Fault, Operation: safe(e.Operation)}, true
	}
	if e.Kind == "" && !e.denies {
		return Refusal{}, false
	}
	r.locate(e)
	if out.Action == "" {
		out.Action = e.action()
	}
	if out.Kind == KMSUnsaid {
		out.Action, out.Resource = "kms:Decrypt", ""
		if strings.HasPrefix(e.Operation, "Put") || strings.HasPrefix(e.Operation, "Create") || strings.HasPrefix(e.Operation, "Copy") {
			out.Action = "kms:GenerateDataKey"
		}
	}
	ofS3 := out.Service() == "s3" || out.Action == ""
	if out.Resource == "" && ofS3 && e.Kind != KMSKeyPolicy {
		out.Resource = e.where.arn(out.Action)
	}
	if out.Action == "s3:ListBucket" && strings.HasSuffix(out.Resource, ":::"+e.where.bucket) && e.where.bucket != "" {
		out.Prefix = e.listed()
	}
	switch {
	case out.Kind == NoCredentials && e.Fault == Unsigned:
		out.Principal = Anonymous
	case out.Kind == NoCredentials:
		out.Principal, out.Action, out.Resource, out.Prefix = "", "", "", ""
	case out.EncodedMessage != "" && (out.Kind == "" || out.Kind == Unsaid):
		out.Kind = Encoded
	case out.Kind == "":
		out.Kind = Unsaid
	}
	out.clean()
	return *out, true
}

// action is what the request needed, by what is known of it.
func (e *event) action() string {
	if e.Operation != "" {
		return actionOf(e.service, e.Operation)
	}
	if e.doing != "" {
		return actionOfS3A(e.doing)
	}
	if e.method != "" && e.where.bucket != "" {
		return actionOfHTTP(e.method, e.where.key, func(parameter string) bool { return e.where.parameters.Has(parameter) })
	}
	return ""
}

// listed is what was to be listed of a bucket.
func (e *event) listed() string {
	switch key := e.where.key; {
	case e.where.listing != "":
		return e.where.listing
	case e.folder && key != "" && !strings.HasSuffix(key, "/"):
		return key + "/"
	default:
		return key
	}
}

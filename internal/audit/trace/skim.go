package trace

import (
	"bytes"
	"errors"
)

var (
	// errMore says that the buffer ends within what is read.
	errMore = errors.New("the text ends within an entry")
	// errForm says that this is not the JSON that was expected.
	errForm = errors.New("this is not JSON")
)

// part is an object of an entry that has members which the join needs. Objects lie in one another only as members says, so that
// reading them goes no deeper, whatever the text.
type part int

const (
	partEntry part = iota
	partUser
	partSession
	partIssuer
	partOrigin
	partRequest
	partAdditional
	partResource
)

// skimmer reads the members that the join needs out of one entry, and steps over all others. It is several times as fast as a
// decoder that looks at each value; what it steps over, it only checks for where it ends. Of a name that occurs twice the last
// counts, and what is of another type than expected is as good as absent: FuzzSkim holds it to what encoding/json reads.
type skimmer struct {
	b   []byte
	e   event
	arn []byte // of the resource that is being read

	caller *caller // that is being read
	known  *callers
}

// entry reads the object at i, which is the first byte of it, and returns where the text goes on.
func (s *skimmer) entry(i int) (int, error) {
	s.e = event{bytesIn: -1, bytesOut: -1}
	return s.object(partEntry, i)
}

// skip steps over the value at i.
func (s *skimmer) skip(i int) (int, error) { return skip(s.b, i) }

func (s *skimmer) object(in part, i int) (int, error) {
	b := s.b
	i++
	if i = space(b, i); i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(b) {
			return 0, errMore
		}
		if b[i] != '"' {
			return 0, errForm
		}
		end, escaped := endOfString(b, i+1)
		if end < 0 {
			return 0, errMore
		}
		name := b[i+1 : end]
		var err error
		if escaped {
			if name, err = text(name); err != nil {
				return 0, err
			}
		}
		if i = space(b, end+1); i >= len(b) {
			return 0, errMore
		}
		if b[i] != ':' {
			return 0, errForm
		}
		if i = space(b, i+1); i >= len(b) {
			return 0, errMore
		}
		if i, err = s.member(in, name, i); err != nil {
			return 0, err
		}
		if i = space(b, i); i >= len(b) {
			return 0, errMore
		}
		switch b[i] {
		case '}':
			return i + 1, nil
		case ',':
			i = space(b, i+1)
		default:
			return 0, errForm
		}
	}
}

// member reads the value at i of a member that the join needs, or steps over it.
func (s *skimmer) member(in part, name []byte, i int) (int, error) {
	e, c := &s.e, s.caller
	switch in {
	case partEntry:
		switch string(name) {
		case "eventTime":
			return s.text(&e.time, i)
		case "eventSource":
			return s.text(&e.source, i)
		case "eventName":
			return s.text(&e.name, i)
		case "awsRegion":
			return s.text(&e.region, i)
		case "sourceIPAddress":
			return s.text(&e.address, i)
		case "errorCode":
			return s.text(&e.failure, i)
		case "eventID":
			return s.text(&e.id, i)
		case "sharedEventID":
			return s.text(&e.sharedID, i)
		case "recipientAccountId":
			return s.text(&e.recipient, i)
		case "userIdentity":
			return s.user(i)
		case "requestParameters":
			e.bucket, e.key, e.prefix, e.copied = nil, nil, nil, nil
			return s.inner(partRequest, i)
		case "additionalEventData":
			e.bytesIn, e.bytesOut = -1, -1
			return s.inner(partAdditional, i)
		case "resources":
			e.resource = nil
			return s.resources(i)
		}
	case partUser:
		switch string(name) {
		case "accessKeyId":
			return s.text(&c.keyID, i)
		case "arn":
			return s.text(&c.arn, i)
		case "principalId":
			return s.text(&c.principal, i)
		case "sessionContext":
			c.roleARN, c.sourceID = nil, nil
			return s.inner(partSession, i)
		}
		return s.origin(name, i)
	case partSession:
		switch string(name) {
		case "sourceIdentity":
			return s.text(&c.sourceID, i)
		case "sessionIssuer":
			c.roleARN = nil
			return s.inner(partIssuer, i)
		}
		return s.origin(name, i)
	case partIssuer:
		if string(name) == "arn" {
			return s.text(&c.roleARN, i)
		}
	case partOrigin:
		switch string(name) {
		case "subject", "Subject", "aws:OriginIdentity/Subject":
			return s.text(&c.originUser, i)
		case "issuer", "Issuer", "aws:OriginIdentity/Issuer":
			return s.text(&c.originFrom, i)
		}
	case partRequest:
		switch string(name) {
		case "bucketName":
			return s.text(&e.bucket, i)
		case "key":
			return s.text(&e.key, i)
		case "prefix":
			return s.text(&e.prefix, i)
		case "x-amz-copy-source":
			return s.text(&e.copied, i)
		}
	case partResource:
		if string(name) == "ARN" {
			return s.text(&s.arn, i)
		}
	case partAdditional:
		switch string(name) {
		case "bytesTransferredIn":
			return s.number(&e.bytesIn, i)
		case "bytesTransferredOut":
			return s.number(&e.bytesOut, i)
		}
	}
	return skip(s.b, i)
}

// origin reads AWS's origin identity out of the caller or its session. AWS has not said how CloudTrail spells it: its keys in
// policies are aws:OriginIdentity/Subject and aws:OriginIdentity/Issuer.
func (s *skimmer) origin(name []byte, i int) (int, error) {
	switch string(name) {
	case "originIdentity", "OriginIdentity", "aws:OriginIdentity":
		s.caller.originUser, s.caller.originFrom = nil, nil
		return s.inner(partOrigin, i)
	case "aws:OriginIdentity/Subject", "originIdentitySubject":
		return s.text(&s.caller.originUser, i)
	case "aws:OriginIdentity/Issuer", "originIdentityIssuer":
		return s.text(&s.caller.originFrom, i)
	}
	return skip(s.b, i)
}

// inner reads an object within an entry.
func (s *skimmer) inner(in part, i int) (int, error) {
	if s.b[i] != '{' {
		return skip(s.b, i)
	}
	return s.object(in, i)
}

// resources reads the list of what was accessed: the first object of S3 in it, else the first bucket.
func (s *skimmer) resources(i int) (int, error) {
	b, object := s.b, false
	if b[i] != '[' {
		return skip(b, i)
	}
	if i = space(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		if i >= len(b) {
			return 0, errMore
		}
		var err error
		s.arn = nil
		if i, err = s.inner(partResource, i); err != nil {
			return 0, err
		}
		if _, name, ok := bytes.Cut(s.arn, []byte(":s3:::")); ok && !object {
			if object = bytes.IndexByte(name, '/') > 0; object || s.e.resource == nil {
				s.e.resource = s.arn
			}
		}
		if i = space(b, i); i >= len(b) {
			return 0, errMore
		}
		switch b[i] {
		case ']':
			return i + 1, nil
		case ',':
			i = space(b, i+1)
		default:
			return 0, errForm
		}
	}
}

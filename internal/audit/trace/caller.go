package trace

import (
	"bytes"
	"encoding/binary"
)

// caller is who an entry says it was.
type caller struct {
	raw []byte // the text that says it; nil where that is not known again

	keyID      []byte
	arn        []byte // of a session, with the session's name at its end
	principal  []byte
	roleARN    []byte
	sourceID   []byte // AWS's source identity
	originUser []byte // subject of AWS's origin identity
	originFrom []byte // its issuer

	ways []way  // to credentials of the record; see joiner.ways
	why  Reason // none of them leads to one
	read bool   // ways and why are known
}

// maxCaller is how many bytes a caller has that is known again.
const maxCaller = 16 << 10

// callers are those that were read, to be known again by the bytes that tell of them: a third of an entry does, and many entries do it
// in the same bytes. They are for one goroutine.
type callers struct {
	by [512]*caller
	at int // where in its text the access key ID of the last one stood: mostly where that of the next one does
}

// slot is where a caller is kept of which a text may tell, by a hash of its access key ID.
func (k *callers) slot(text []byte) **caller {
	const name, length, most = `"accessKeyId":"`, 20, 1024
	if k.at+len(name)+length > len(text) || string(text[k.at:k.at+len(name)]) != name {
		text = text[:min(len(text), most)]
		k.at = max(0, bytes.Index(text, []byte(name)))
		if k.at == 0 || len(text) < k.at+len(name)+length {
			k.at = 0
			return &k.by[0]
		}
	}
	end := k.at + len(name) + length
	return &k.by[binary.LittleEndian.Uint64(text[end-8:end])*0x9e3779b97f4a7c15>>55]
}

// user reads who called, unless it is known already.
func (s *skimmer) user(i int) (int, error) {
	s.e.caller = nil
	if s.b[i] != '{' {
		return skip(s.b, i)
	}
	slot := s.known.slot(s.b[i:])
	if known := *slot; known != nil && bytes.HasPrefix(s.b[i:], known.raw) {
		s.e.caller = known
		return i + len(known.raw), nil
	}
	s.caller = &caller{}
	end, err := s.object(partUser, i)
	if err != nil {
		return 0, err
	}
	s.e.caller = s.caller
	if end-i > maxCaller {
		return end, nil
	}
	buffer, own := s.b, &caller{raw: bytes.Clone(s.b[i:end])} // whose texts outlive the buffer
	s.b, s.caller = own.raw, own
	_, err = s.object(partUser, 0)
	s.b = buffer
	if err != nil {
		return 0, err
	}
	*slot, s.e.caller = own, own
	return end, nil
}

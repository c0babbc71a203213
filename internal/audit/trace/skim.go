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
	partFurther // resource, which mostly is the bucket of the first
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
	after  [stops]stretch
}

// stretch is what stood between two members that the join needs: others with their values, and the name of the second. Entries are so
// alike that the same mostly stands there again, and then one comparison steps over it.
type stretch struct {
	in   part
	text []byte
	to   stop
}

// maxStretch is how many bytes a stretch has that is known again.
const maxStretch = 1024

// entry reads the object at i, which is the first byte of it, and returns where the text goes on.
func (s *skimmer) entry(i int) (int, error) {
	s.e = event{bytesIn: -1, bytesOut: -1}
	return s.object(partEntry, i)
}

// skip steps over the value at i.
func (s *skimmer) skip(i int) (int, error) { return skip(s.b, i) }

func (s *skimmer) object(in part, i int) (int, error) {
	at := beginning(in)
	for i++; ; {
		way := &s.after[at]
		if n := len(way.text); n > 0 && way.in == in && len(s.b)-i >= n && string(s.b[i:i+n]) == string(way.text) {
			i, at = i+n, way.to
		} else {
			from := i
			var err error
			if i, at, err = s.walk(in, i, at == beginning(in)); err != nil {
				return 0, err
			}
			if way.in, way.to, way.text = in, at, way.text[:0]; i-from <= maxStretch {
				way.text = append(way.text, s.b[from:i]...)
			}
		}
		if at == over {
			return i, nil
		}
		if i = space(s.b, i); i >= len(s.b) {
			return 0, errMore
		}
		var err error
		if i, err = s.value(at, i); err != nil {
			return 0, err
		}
	}
}

// walk steps from behind a value, or from the beginning of an object, over members that the join does not need, to behind the colon of one that it
// needs, or behind the object.
func (s *skimmer) walk(in part, i int, first bool) (int, stop, error) {
	b := s.b
	for {
		if i = space(b, i); i >= len(b) {
			return 0, over, errMore
		}
		switch {
		case b[i] == '}':
			return i + 1, over, nil
		case first:
			first = false
		case b[i] == ',':
			i = space(b, i+1)
		default:
			return 0, over, errForm
		}
		if i >= len(b) {
			return 0, over, errMore
		}
		if b[i] != '"' {
			return 0, over, errForm
		}
		end, escaped := endOfString(b, i+1)
		if end < 0 {
			return 0, over, errMore
		}
		name := b[i+1 : end]
		var err error
		if escaped {
			if name, err = text(name); err != nil {
				return 0, over, err
			}
		}
		if i = space(b, end+1); i >= len(b) {
			return 0, over, errMore
		}
		if b[i] != ':' {
			return 0, over, errForm
		}
		i++
		if at := stopAt(in, name); at != over {
			return i, at, nil
		}
		if i = space(b, i); i >= len(b) {
			return 0, over, errMore
		}
		if i, err = skip(b, i); err != nil {
			return 0, over, err
		}
	}
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
	b, object, in := s.b, false, partResource
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
		if i, err = s.inner(in, i); err != nil {
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
			i, in = space(b, i+1), partFurther
		default:
			return 0, errForm
		}
	}
}

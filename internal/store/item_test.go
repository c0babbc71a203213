package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/format"

	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

func TestItemsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]item{
		"empty":            {},
		"with expiry":      {Expires: storetest.Time(), Stored: storetest.Time(), Payload: []byte("x")},
		"kept":             {Keep: true, Payload: storetest.Pattern(6000)},
		"expired long ago": {Expires: time.Unix(1, 0).UTC(), Payload: []byte("x")},
		"year 9999":        {Expires: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), Payload: []byte("x")},
		"before 1970":      {Expires: time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC), Payload: []byte("x")},
	} {
		in.Name = "a"
		out, err := format.Decode("a", in.Encode())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if out.Keep != in.Keep || !out.Expires.Equal(in.Expires) || !out.Stored.Equal(in.Stored) || !bytes.Equal(out.Payload, in.Payload) {
			t.Errorf("%s: got %+v, want %+v", name, out, in)
		}
	}
}

func TestEveryDamagedByteIsNoticed(t *testing.T) {
	t.Parallel()
	whole := (&item{Expires: storetest.Time(), Stored: storetest.Time(), Keep: true, Generation: 7, Payload: []byte("payload")}).Encode()
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if _, err := format.Decode("", damaged); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d changed: got %v, want ErrCorrupt", i, err)
		}
	}
	for n := range whole {
		if _, err := format.Decode("", whole[:n]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut to %d bytes: got %v, want ErrCorrupt", n, err)
		}
	}
}

func FuzzDecodeItem(f *testing.F) {
	f.Add([]byte(nil))
	f.Add((&item{Payload: []byte("payload")}).Encode())
	f.Add((&item{Parts: 3, Generation: 1 << 63, Payload: storetest.Pattern(5000)}).Encode())
	f.Add(append([]byte("dbxa\x02"), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		it, err := format.Decode("", data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("got %v, want ErrCorrupt", err)
			}
			return
		}
		if it.Parts == 0 && len(it.Payload) != len(data)-format.HeaderSize {
			t.Fatalf("%d bytes of payload out of %d", len(it.Payload), len(data))
		}
		if it.Size() > format.MaxValue && it.Parts > 0 {
			t.Fatalf("a head announces %d bytes", it.Size())
		}
	})
}

// Whoever can write to the keyring must not be able to have one role's credentials served for another.
func TestAnItemIsBoundToItsName(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 9000} { // in one item of the backend, and in parts
		for _, kind := range []string{"session", "role", "workspace", "registration"} {
			fake := newFake()
			s := newFakeStore(t, fake, 2500)
			storetest.MustSet(t, s, kind+"/a", storetest.Pattern(size), Meta{Keep: kind == "session"})
			storetest.MustSet(t, s, kind+"/b", []byte("b"), Meta{Keep: kind == "session"})
			for name, data := range fake.items {
				if rest, ok := strings.CutPrefix(name, s.prefix+kind+"/a"); ok {
					fake.items[s.prefix+kind+"/b"+rest] = bytes.Clone(data)
				}
			}
			if got, err := s.Get(t.Context(), kind+"/b"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s of %d bytes, copied: got %d bytes and %v, want ErrCorrupt", kind, size, len(got), err)
			}
			other := newFakeStore(t, fake, 2500)
			other.prefix = "another-service:v1:"
			fake.items[other.prefix+kind+"/a"] = fake.items[s.prefix+kind+"/a"]
			if _, err := other.Get(t.Context(), kind+"/a"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s of another service: got %v, want ErrCorrupt", kind, err)
			}
			if got := storetest.MustGet(t, s, kind+"/a"); len(got) != size {
				t.Errorf("%s: %d bytes came back, want %d", kind, len(got), size)
			}
		}
	}
}

// A sign-in outlives an upgrade; what can be made again is.
func TestOfEarlierBuildsOnlyKeptItemsAreRead(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 9000} {
		fake := newFake()
		s := newFakeStore(t, fake, 2500)
		for _, key := range []string{"session/a", "role/a"} {
			it := &item{Name: s.prefix + key, Keep: key == "session/a", Payload: storetest.Pattern(size), Generation: 7}
			if size > 2500 {
				for part := range slices.Chunk(it.Payload, 2500) {
					fake.items[partName(it.Name, it.Generation, it.Parts)] = part
					it.Parts++
				}
			}
			data := it.Encode()
			const version, digestAt = 4, 36 // where they stand in a head
			data[version] = 1
			sum := sha256.Sum256(append(data[:digestAt:digestAt], it.Payload...))
			copy(data[digestAt:], sum[:])
			fake.items[it.Name] = data
		}
		if got := storetest.MustGet(t, s, "session/a"); !bytes.Equal(got, storetest.Pattern(size)) {
			t.Errorf("%d bytes of a session of %d came back", len(got), size)
		}
		if _, err := s.Get(t.Context(), "role/a"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a role of %d bytes: got %v, want ErrCorrupt", size, err)
		}
	}
}

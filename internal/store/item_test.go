package store

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

func TestItemsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]item{
		"empty":            {},
		"with expiry":      {expires: storetest.Time(), stored: storetest.Time(), payload: []byte("x")},
		"kept":             {keep: true, payload: storetest.Pattern(6000)},
		"expired long ago": {expires: time.Unix(1, 0).UTC(), payload: []byte("x")},
		"year 9999":        {expires: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), payload: []byte("x")},
		"before 1970":      {expires: time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC), payload: []byte("x")},
	} {
		in.name = "a"
		out, err := decodeItem("a", in.encode())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if out.keep != in.keep || !out.expires.Equal(in.expires) || !out.stored.Equal(in.stored) || !bytes.Equal(out.payload, in.payload) {
			t.Errorf("%s: got %+v, want %+v", name, out, in)
		}
	}
}

func TestEveryDamagedByteIsNoticed(t *testing.T) {
	t.Parallel()
	whole := (&item{expires: storetest.Time(), stored: storetest.Time(), keep: true, generation: 7, payload: []byte("payload")}).encode()
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if _, err := decodeItem("", damaged); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d changed: got %v, want ErrCorrupt", i, err)
		}
	}
	for n := range whole {
		if _, err := decodeItem("", whole[:n]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut to %d bytes: got %v, want ErrCorrupt", n, err)
		}
	}
}

func FuzzDecodeItem(f *testing.F) {
	f.Add([]byte(nil))
	f.Add((&item{payload: []byte("payload")}).encode())
	f.Add((&item{parts: 3, generation: 1 << 63, payload: storetest.Pattern(5000)}).encode())
	f.Add(append([]byte("dbxa\x02"), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		it, err := decodeItem("", data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("got %v, want ErrCorrupt", err)
			}
			return
		}
		if it.parts == 0 && len(it.payload) != len(data)-headerSize {
			t.Fatalf("%d bytes of payload out of %d", len(it.payload), len(data))
		}
		if it.size() > maxValue && it.parts > 0 {
			t.Fatalf("a head announces %d bytes", it.size())
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
			it := &item{name: s.prefix + key, keep: key == "session/a", payload: storetest.Pattern(size), generation: 7}
			if size > 2500 {
				for part := range slices.Chunk(it.payload, 2500) {
					fake.items[partName(it.name, it.generation, it.parts)] = part
					it.parts++
				}
			}
			data := it.encode()
			data[4] = unbound
			sum := it.digest(data[:digestAt:digestAt], it.payload)
			copy(data[digestAt:], sum[:])
			fake.items[it.name] = data
		}
		if got := storetest.MustGet(t, s, "session/a"); !bytes.Equal(got, storetest.Pattern(size)) {
			t.Errorf("%d bytes of a session of %d came back", len(got), size)
		}
		if _, err := s.Get(t.Context(), "role/a"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a role of %d bytes: got %v, want ErrCorrupt", size, err)
		}
	}
}

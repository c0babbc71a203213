package store

import (
	"bytes"
	"errors"
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
		out, err := decodeItem(in.encode())
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
		if _, err := decodeItem(damaged); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d changed: got %v, want ErrCorrupt", i, err)
		}
	}
	for n := range whole {
		if _, err := decodeItem(whole[:n]); !errors.Is(err, ErrCorrupt) {
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
		it, err := decodeItem(data)
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

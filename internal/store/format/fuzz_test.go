package format

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// What was written is read as it was, under its own name alone; and no bit of it may differ.
func FuzzRoundTrip(f *testing.F) {
	f.Add("dbxaccess:v1:session/a", []byte("payload"), int64(1_790_000_000_000), true, uint16(0), uint32(3))
	f.Add("", []byte(nil), int64(0), false, uint16(2), uint32(70))
	f.Add("a", bytes.Repeat([]byte("x"), 9000), int64(-1), false, uint16(5), uint32(40))
	f.Fuzz(func(t *testing.T, name string, payload []byte, expires int64, keep bool, parts uint16, damaged uint32) {
		if int(parts) > len(payload) {
			parts = 0
		}
		it := &Item{Name: name, Keep: keep, Parts: int(parts), Payload: payload, Generation: 7, Stored: time.UnixMilli(1_790_000_000_000).UTC()}
		if expires != 0 {
			it.Expires = time.UnixMilli(expires).UTC()
		}
		written := it.Encode()
		whole := func(name string, data []byte) bool {
			read, err := Decode(name, data)
			if err == nil && read.Parts > 0 {
				err = read.Join(slices.Clone(payload))
			}
			if err != nil {
				return false
			}
			if !bytes.Equal(read.Payload, payload) || read.Keep != keep || read.Parts != int(parts) || !read.Expires.Equal(it.Expires) {
				t.Fatalf("%+v became %+v", it, read)
			}
			return true
		}
		if !whole(name, written) {
			t.Fatal("what was written is damaged")
		}
		if whole(name+"x", written) {
			t.Fatal("it is whole under another name")
		}
		other := slices.Clone(written)
		other[int(damaged)%len(other)] ^= 1
		if _, err := Decode(name, other); err == nil && parts == 0 {
			t.Fatalf("with byte %d changed, it is whole", int(damaged)%len(other))
		}
		if len(written) > 0 {
			if _, err := Decode(name, written[:len(written)-1]); err == nil {
				t.Fatal("shortened, it is whole")
			}
		}
	})
}

// A record of the keyring in use is read back as it was written, and names nothing that it does not say.
func FuzzSelection(f *testing.F) {
	f.Add([]byte(`{"backend":"file"}`))
	f.Add([]byte(`{"backend":"secret-service","collection":"login"} {"backend":"kernel"}`))
	f.Add([]byte(`{"Backend":"pass","directory":"/home/alice/.password-store","more":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeSelection(data)
		if err != nil {
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := DecodeSelection(written); err != nil || again != s {
			t.Fatalf("%+v became %+v, %v", s, again, err)
		}
	})
}

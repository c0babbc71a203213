package httpclient

import (
	"encoding/json"
	"math"
	"testing"
)

// Whatever a server sends, a member of an odd type is as one that is missing, and a number is one.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{"a":5}`, `{"a":"5"}`, `{"a":" 1e999 "}`, `{"a":"NaN"}`, `{"a":[1],"a":"x"}`, `null`, `[]`, `{"a":null}`, `{"a":"0x1p3"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, ok := ParseObject(data)
		if ok != (o != nil) || ok && !json.Valid(data) {
			t.Fatalf("an object: %t, of %d members", ok, len(o))
		}
		for name, raw := range o {
			if text := o.Text(name); text != "" && raw[0] != '"' {
				t.Errorf("%s is the text %q", raw, text)
			}
			if n, ok := o.Number(name); math.IsNaN(n) || !ok && n != 0 {
				t.Errorf("%s is the number %v", raw, n)
			}
		}
	})
}

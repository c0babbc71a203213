package trace

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// fileOf is a file of CloudTrail with entries like those of a training run that reads one dataset.
func fileOf(n int) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	r := rand.New(rand.NewPCG(1, 2))
	fmt.Fprint(w, `{"Records":[`)
	opaque := make([]byte, 56)
	for i := range n {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		id := fmt.Sprintf("%08x-e171-4cef-975a-%012x", r.Uint32(), r.Uint64()&0xffffffffffff)
		for i := range opaque {
			opaque[i] = byte(r.Uint32())
		}
		fmt.Fprint(w, strings.NewReplacer("cdc4b7ed-e171-4cef-975a-ad829d4123e8", id, "part-00001", fmt.Sprintf("part-%05d", i%100_000),
			"79104EXAMPLEB723", fmt.Sprintf("%016X", r.Uint64()), "09:12:31", fmt.Sprintf("%02d:%02d:%02d", 9+i*8/n, i/60%60, i%60),
			"eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran", base64.StdEncoding.EncodeToString(opaque),
			"ASIAEXAMPLE000000001", fmt.Sprintf("ASIAEXAMPLE0000000%02d", i%20), "1048576", fmt.Sprint(1<<20+r.IntN(1<<16))).Replace(getObject))
	}
	fmt.Fprint(w, `]}`)
	w.Close()
	return b.Bytes()
}

func BenchmarkBareInflating(b *testing.B) {
	file := fileOf(20_000)
	b.ResetTimer()
	for b.Loop() {
		r, _ := gzip.NewReader(bytes.NewReader(file))
		n, _ := io.Copy(io.Discard, r)
		b.SetBytes(n)
	}
}

func BenchmarkEntries(b *testing.B) {
	file := fileOf(20_000)
	b.ResetTimer()
	for b.Loop() {
		f := inflate(b.Context(), bytes.NewReader(file))
		if n, err := entries(f, &callers{}, func(*event) bool { return true }); n != 20_000 || err != nil {
			b.Fatal(n, err)
		}
		f.close()
	}
}

// BenchmarkTracing is the whole work on one file: inflating, skimming, joining, adding up.
func BenchmarkTracing(b *testing.B) {
	const size = 200_000
	o := options(b, fileWith("1", CloudTrail, fileOf(size)))
	var list []audit.Record
	for i := range 20 {
		list = append(list, assumed("alice", fmt.Sprintf("ASIAEXAMPLE0000000%02d", i), func(r *audit.Record) {
			r.Time, r.Expires = noon.Add(-12*time.Hour), noon.Add(12*time.Hour)
		}))
	}
	o.Index = indexOf(b, list...)
	b.ResetTimer()
	for b.Loop() {
		if state, err := Run(b.Context(), o); err != nil || state.Tally.Joined[ByKey] != size {
			b.Fatal(err, state.Tally)
		}
	}
}

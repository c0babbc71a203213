package chain

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whatever the keyring holds in the place of the key: it is said to be damaged, and never taken for none, behind which another chain
// would begin; or it is a key, which is the same once it was kept, and knows no more places than it may.
func FuzzItem(f *testing.F) {
	seed := make([]byte, ed25519.SeedSize)
	good, err := json.Marshal(item{Seed: seed, Heads: []placed{{placeOf("/a"), audit.Head{Chain: "c", Sequence: 3, Hash: "h"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"seed":"AAAA"}`))
	f.Add([]byte(`null`))
	f.Add(bytes.Replace(good, []byte(`"seq":3`), []byte(`"seq":-3`), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		k := folder(t.TempDir())
		if err := k.Set(t.Context(), itemKey, data, store.Meta{}); err != nil {
			t.Fatal(err)
		}
		it, err := load(t.Context(), k)
		if it == nil {
			if ui.IDOf(err) != "audit-key-damaged" {
				t.Fatalf("it is as none: %v", err)
			}
			return
		}
		for i := range maxPlaces + 1 {
			it.moveHead(fmt.Sprint("/", i), audit.Head{Chain: "c", Sequence: 1})
		}
		last := it.head(fmt.Sprint("/", maxPlaces))
		if last == nil || last.Chain != "c" {
			t.Fatal("a head that was noted last is gone")
		}
		if err := it.save(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		again, err := load(t.Context(), k)
		if err != nil || !again.key().Equal(it.key()) || len(again.Heads) != len(it.Heads) {
			t.Fatalf("%v", err)
		}
	})
}

// The last line of a chain that is found from a file's end is the one that reading from its beginning finds last, wherever the blocks
// lie in which it is read and whatever stands between the lines.
func FuzzLastLine(f *testing.F) {
	f.Add([]byte("{}\n"), uint32(0), uint8(0b101))
	f.Add([]byte("\n\n"), uint32(block-10), uint8(0b110))
	f.Add([]byte("half a line, "), uint32(2*block-1200), uint8(0b1111))
	f.Add([]byte{0, '\r', '\n'}, uint32(block), uint8(0))
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	var lines [2][]byte
	for i := range lines {
		record := audit.New(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), audit.Assume, audit.Who{Identity: "acme", Subject: "00u1"})
		line, _, err := audit.Encode(record, audit.Link{Chain: strings.Repeat(fmt.Sprint(i), 32), Sequence: 1, Prev: strings.Repeat("0", 64)}, "1", key)
		if err != nil {
			f.Fatal(err)
		}
		lines[i] = line
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, between []byte, filled uint32, which uint8) {
		var text bytes.Buffer
		for ; which > 0; which >>= 1 {
			text.Write(lines[which&1])
			text.WriteString("\n")
			text.Write(between[:min(len(between), 4<<10)])
			text.Write(bytes.Repeat([]byte("x\n"), int(filled%(2*block))/2))
		}
		path := filepath.Join(dir, "record-000001.jsonl")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		const chain = "11111111111111111111111111111111"
		var want *audit.Entry
		for entry, err := range audit.ReadFile(path) {
			if err == nil && entry.Chain == chain {
				want = &entry
			} else if _, damaged := errors.AsType[*audit.Damage](err); err != nil && !damaged {
				t.Fatal(err)
			}
		}
		got, err := lastOf([]string{path}, chain)
		if err != nil || (got == nil) != (want == nil) || got != nil && !bytes.Equal(got.Line, want.Line) {
			t.Fatalf("%v, and from the beginning %v: %v", got, want, err)
		}
	})
}

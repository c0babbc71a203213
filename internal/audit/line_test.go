package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// full is a record that has everything, each value another one.
func full(activity Activity) Record {
	var r Record
	n := 0
	fill(reflect.ValueOf(&r).Elem(), &n)
	r.Activity, r.Refused = activity, nil
	r.RoleARN, r.OS = "arn:aws:iam::111122223333:role/ml-trainer", "linux"
	return r
}

func refused(activity Activity) Record {
	r := full(activity)
	r.Refused = ui.Errorf("no-such-role", ui.NoSuchRole, "the map gives no role %q\x1b[31m", "x")
	return r
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(*n), 5_000_000).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("value %d\n\x1b<&\u2028", *n))
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"cost-center": fmt.Sprint(*n)}))
	}
}

// newKey is a key of a test, with its public half.
func newKey(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, key
}

// No field of a record is lost on the way to a line and back.
func TestARecordIsReadBackAsItWas(t *testing.T) {
	t.Parallel()
	public, key := newKey(t)
	other, _ := newKey(t)
	at := Link{Chain: "c1", Sequence: 7, Prev: strings.Repeat("a", 64), PublicKey: "k", After: &Head{Chain: "c0", Sequence: 3, Hash: zeros}}
	line, head, err := Encode(full(Assume), at, "1.2.3", key)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := Decode(line)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if !reflect.DeepEqual(entry.Record, full(Assume)) || !reflect.DeepEqual(entry.Link, at) || entry.Head() != head {
		t.Errorf("got  %+v\nwant %+v", entry, full(Assume))
	}
	if !entry.Intact() || !entry.SignedBy(public) || entry.SignedBy(other) {
		t.Error("hash or signature")
	}
	if bytes.ContainsAny(line, "\n\r\x1b") {
		t.Errorf("it is not one line of text: %q", line)
	}
	tail := fmt.Sprintf(`,"hash":"%s","sig":"%s"}}}}`, head.Hash, entry.Signature)
	if !bytes.HasSuffix(line, []byte(tail)) || !json.Valid(line) {
		t.Errorf("its end: %s", line)
	}
}

func TestARefusalIsReadBackByItsID(t *testing.T) {
	t.Parallel()
	_, key := newKey(t)
	line, _, err := Encode(refused(Assume), Link{Chain: "c", Sequence: 1, Prev: zeros}, "", key)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := Decode(line)
	if err != nil || ui.IDOf(entry.Refused) != "no-such-role" || ui.CodeOf(entry.Refused) != ui.NoSuchRole ||
		!strings.HasPrefix(entry.Refused.Error(), "the map gives no role") || strings.Contains(entry.Refused.Error(), "\x1b") {
		t.Errorf("%v: %v", err, entry.Refused)
	}
}

// A change of any byte shows.
func TestAChangedByteShows(t *testing.T) {
	t.Parallel()
	public, key := newKey(t)
	line, _, err := Encode(full(Assume), Link{Chain: "c", Sequence: 1, Prev: zeros}, "", key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range line {
		changed := bytes.Clone(line)
		changed[i] ^= 1
		if entry, err := Decode(changed); err == nil && entry.Intact() && entry.SignedBy(public) {
			t.Errorf("byte %d: %q became %q", i, line[i], changed[i])
		}
	}
	// Base64 has unused bits at its end, which must not let a second line pass for the same.
	for i := 1; i < 16; i++ {
		changed := bytes.Clone(line)
		changed[len(line)-len(closing)-1] += byte(i)
		if entry, err := Decode(changed); err == nil && entry.SignedBy(public) {
			t.Errorf("the last letter of the signature + %d", i)
		}
	}
}

func TestARecordThatIsTooLongIsNone(t *testing.T) {
	t.Parallel()
	_, key := newKey(t)
	if _, _, err := Encode(Record{Time: time.Now(), Activity: Assume, Role: strings.Repeat("x", MaxLine)}, Link{}, "", key); err == nil {
		t.Error("it was written")
	}
}

func TestDamagedLinesAreToldAndReadOver(t *testing.T) {
	t.Parallel()
	_, key := newKey(t)
	line := func(n uint64) string {
		line, _, err := Encode(full(Assume), Link{Chain: "c", Sequence: n, Prev: zeros}, "", key)
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	text := line(1) + "\n" + line(2)[:400] + "\n" + strings.Repeat("x", 3*MaxLine) + "\n\n{}\n" + line(3) + "\n" + line(4)
	var got []string
	for entry, err := range Read(strings.NewReader(text), "f") {
		damage, _ := errors.AsType[*Damage](err)
		switch {
		case err == nil:
			got = append(got, fmt.Sprint(entry.Number, " has ", entry.Sequence))
		case damage == nil:
			t.Fatal(err)
		default:
			got = append(got, fmt.Sprint(damage.Number, " damaged, torn ", damage.Torn))
		}
	}
	want := "1 has 1; 2 damaged, torn false; 3 damaged, torn false; 4 damaged, torn false; 5 damaged, torn false; 6 has 3; 7 damaged, torn true"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s", strings.Join(got, "; "))
	}
}

// A line of a hostile file is read or refused, and what was read back is what was hashed.
func FuzzDecode(f *testing.F) {
	_, key, _ := ed25519.GenerateKey(nil)
	for _, r := range []Record{full(Assume), refused(Entitle)} {
		line, _, err := Encode(r, Link{Chain: "c", Sequence: 1, Prev: zeros}, "", key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Fuzz(func(_ *testing.T, line []byte) {
		if entry, err := Decode(line); err == nil {
			_ = entry.Intact()
			_ = entry.SignedBy(make([]byte, ed25519.PublicKeySize))
		}
	})
}

// zeros stand before the first line of a chain.
var zeros = strings.Repeat("0", hashSize)

// What a line says of its chain is of the form that ours has, or it is no record: it comes into reports, names and headers.
func TestTheChainsPartsHaveTheirForm(t *testing.T) {
	t.Parallel()
	_, key := newKey(t)
	line, head, err := Encode(full(Assume), Link{Chain: "c1", Sequence: 2, Prev: zeros, After: &Head{Chain: "c0", Sequence: 3, Hash: zeros}}, "", key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(line)
	entry, err := Decode(line)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"hash with DEL":      strings.Replace(text, head.Hash, strings.Repeat("\x7f", hashSize), 1),
		"hash in capitals":   strings.Replace(text, head.Hash, strings.Repeat("A", hashSize), 1),
		"signature":          strings.Replace(text, entry.Signature, strings.Repeat("\x7f", signatureSize), 1),
		"signature's length": strings.Replace(text, entry.Signature, entry.Signature[:signatureSize-1]+"\r", 1),
		"uid":                strings.ReplaceAll(text, `"uid":"c1"`, `"uid":"c\u001b"`),
		"uid with a slash":   strings.ReplaceAll(text, `"uid":"c1"`, `"uid":"../c1"`),
		"no uid":             strings.ReplaceAll(text, `"uid":"c1"`, `"uid":""`),
		"prev":               strings.Replace(text, `"prev":"0`, `"prev":"G`, 1),
		"short prev":         strings.Replace(text, `"prev":"0`, `"prev":"`, 1),
		"after's uid":        strings.Replace(text, `"uid":"c0"`, `"uid":"c\n"`, 1),
		"after's hash":       strings.Replace(text, `"seq":3,"hash":"0`, `"seq":3,"hash":" `, 1),
		"after's number":     strings.Replace(text, `"seq":3,`, `"seq":0,`, 1),
	} {
		if bad == text {
			t.Fatalf("%s: nothing was changed in %s", name, text)
		}
		if e, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s: %+v, hash %q", name, e.Link, e.Hash)
		}
	}
}

package trace

import (
	"bytes"
	"errors"
	"testing"
)

// What was counted and could not be written is in no state: the next attempt writes it.
func TestNoStateIsKeptOnceWritingFailed(t *testing.T) {
	t.Parallel()
	o := options(t, fileWith("f", CloudTrail, []byte(cloudTrail(getObject))))
	full := errors.New("no space left")
	o.Row = func(b []byte, _ *Access) []byte { return append(b, '\n') }
	o.Write = func([]byte) error { return full }
	o.Save = func(*State) error { t.Error("a state was saved"); return nil }
	if _, err := Run(t.Context(), o); !errors.Is(err, full) {
		t.Error(err)
	}
	o.Files = []File{fileWith("f", CloudTrail, []byte(cloudTrail(entry(`"requestParameters"`, `"sharedEventID":"1","requestParameters"`, "ASIAEXAMPLE000000001", "ASIAOTHER"))))}
	if _, err := Run(t.Context(), o); !errors.Is(err, full) { // of what is written at the end
		t.Error(err)
	}
}

// A file that was cut short is read on from there once it was fetched again, and its problem is over.
func TestAFileThatEndedWithAnErrorIsReadOn(t *testing.T) {
	t.Parallel()
	second := entry("cdc4b7ed", "00000002")
	whole := []byte(cloudTrail(getObject, second))
	cut := fileWith("f", CloudTrail, whole[:len(cloudTrail(getObject))+9])
	o := options(t, cut)
	for i, c := range []struct {
		data     []byte
		stamp    string
		events   int64
		problems int
	}{{cut.data(t), "1", 1, 1}, {cut.data(t), "1", 1, 1}, {whole, "2", 2, 0}, {whole, "2", 2, 0}, {whole, "3", 2, 1}, {whole, "3", 2, 1}} {
		f := fileWith("f", CloudTrail, c.data)
		f.Stamp = c.stamp
		o.Files = []File{f}
		state, err := Run(t.Context(), o)
		if err != nil || state.Tally.Events != c.events || len(state.Problems) != c.problems || state.Tally.Duplicates != 0 {
			t.Fatalf("%d: %v %+v %+v", i, err, state.Tally, state.Problems)
		}
		o.State = state
	}
}

// data is what a file has in it.
func (f *File) data(t *testing.T) []byte {
	t.Helper()
	in, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(in)
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

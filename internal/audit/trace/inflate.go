package trace

import (
	"bufio"
	"context"
	"io"

	"github.com/klauspost/compress/gzip"
)

const (
	// blockSize is how much of a file is inflated at once, in bytes.
	blockSize = 512 << 10
	// headroom is free before a block's text, for the beginning of the entry that goes on in it.
	headroom = 32 << 10
	// ahead is how many blocks of a file are inflated before they are wanted.
	ahead = 3
)

// blocks hand out the text of a file piece by piece.
type blocks interface {
	// next returns a block, whose text begins after headroom, or why there is none: io.EOF at the end.
	next() ([]byte, error)
	// spent gives a block back, to be used again.
	spent([]byte)
}

// inflated is the text of a file, inflated where it is packed, by a goroutine of its own. However much it inflates to, no more
// than a few blocks of it are held.
type inflated struct {
	full chan []byte
	free chan []byte
	err  error // set before full is closed
	stop context.CancelFunc
	over chan struct{} // closed when r is not read any more
}

// inflate begins to read r.
func inflate(ctx context.Context, r io.Reader) *inflated {
	ctx, stop := context.WithCancel(ctx)
	f := &inflated{full: make(chan []byte, ahead), free: make(chan []byte, ahead+2), stop: stop, over: make(chan struct{})}
	for range ahead + 2 {
		f.free <- nil
	}
	go func() {
		defer close(f.over)
		defer close(f.full)
		f.err = f.fill(ctx, r)
	}()
	return f
}

func (f *inflated) fill(ctx context.Context, r io.Reader) error {
	packed := bufio.NewReaderSize(r, 256<<10)
	var text io.Reader = packed
	if magic, _ := packed.Peek(2); string(magic) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(packed)
		if err != nil {
			return err
		}
		defer func() { _ = unpacked.Close() }()
		text = unpacked
	}
	for {
		var block []byte
		select {
		case block = <-f.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if block == nil {
			block = make([]byte, headroom+blockSize)
		}
		n, err := 0, error(nil)
		for room := block[headroom:cap(block)]; n < len(room) && err == nil; { // not io.ReadFull, which says that any end is too early
			var more int
			more, err = text.Read(room[n:])
			n += more
		}
		if n > 0 {
			select {
			case f.full <- block[:headroom+n]:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
}

func (f *inflated) next() ([]byte, error) {
	if block, ok := <-f.full; ok {
		return block, nil
	}
	return nil, f.err
}

func (f *inflated) spent(block []byte) { f.free <- block[:0] }

// close ends the reading, and returns when r is not read any more.
func (f *inflated) close() {
	f.stop()
	for range f.full { // what is left is of no use
	}
	<-f.over
}

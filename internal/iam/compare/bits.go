package compare

import "encoding/binary"

// bits are a set of small numbers: statements, or globs.
type bits []uint64

const ofWord = 64

func newBits(n int) bits { return make(bits, (n+ofWord-1)/ofWord) }

func (b bits) set(i int)      { b[i/ofWord] |= 1 << (i % ofWord) }
func (b bits) clear(i int)    { b[i/ofWord] &^= 1 << (i % ofWord) }
func (b bits) has(i int) bool { return b[i/ofWord]&(1<<(i%ofWord)) != 0 }

// first is the least of them; none is no number that is asked for.
func (b bits) first() int {
	for i := range len(b) * ofWord {
		if b.has(i) {
			return i
		}
	}
	return len(b) * ofWord
}

// and is what both have.
func (b bits) and(c bits) bits {
	d := make(bits, len(b))
	for i := range b {
		d[i] = b[i] & c[i]
	}
	return d
}

func (b bits) key() string {
	k := make([]byte, 0, 8*len(b))
	for _, w := range b {
		k = binary.LittleEndian.AppendUint64(k, w)
	}
	return string(k)
}

// budget bounds the work of a comparison.
type budget struct{ left int }

// spend reports whether there is still so much.
func (b *budget) spend(n int) bool {
	b.left -= n
	return b.left >= 0
}

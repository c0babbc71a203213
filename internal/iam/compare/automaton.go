package compare

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unicode"
)

// cell is all texts that have the form of the same globs, by the shortest of them.
type cell struct {
	of   bits
	text string
}

// cells are all ways in which texts can meet globs, of those texts that have the form of one of the first ones, which are
// the universe. It walks the automaton that the globs make together. Not whole if the budget ends before.
func cells(globs []glob, universe int, b *budget) (list []cell, whole bool) {
	w := walk{globs: globs, fresh: fresh(globs)}
	var start []uint32
	for g := range globs {
		for _, at := range globs[g].closed(nil, 0) {
			start = append(start, position(g, at))
		}
	}
	slices.Sort(start)
	seen := map[string]bool{stateKey(start): true}
	found := make(map[string]bool)
	type place struct {
		at   []uint32
		from int
		by   rune
	}
	queue := []place{{start, -1, 0}}
	for i := 0; i < len(queue); i++ {
		at := queue[i].at
		if of, ok := w.accepts(at, universe); ok && !found[of.key()] {
			found[of.key()] = true
			var text []rune
			for j := i; queue[j].from >= 0; j = queue[j].from {
				text = append(text, queue[j].by)
			}
			slices.Reverse(text)
			list = append(list, cell{of, string(text)})
		}
		for _, c := range w.alphabet(at) {
			if !b.spend(1 + len(at)) {
				return list, false
			}
			next := w.step(at, c)
			if len(next) == 0 || int(next[0]>>16) >= universe { // they are sorted: nothing of the universe is left
				continue
			}
			if k := stateKey(next); !seen[k] {
				if seen[k] = true; !b.spend(8 * len(next)) { // it is kept
					return list, false
				}
				queue = append(queue, place{next, i, c})
			}
		}
	}
	return list, true
}

// walk is the automaton. A state is the sorted list of positions in the globs that still can become a match.
type walk struct {
	globs []glob
	fresh rune // a character of none of them, which stands for all others
}

func position(g, at int) uint32 { return uint32(g)<<16 | uint32(at) } //nolint:gosec // newModel bounds both

func (w walk) step(from []uint32, c rune) []uint32 {
	var next []uint32
	for _, p := range from {
		g, at := int(p>>16), int(p&0xffff)
		to, ok := w.globs[g].step(at, c)
		if !ok {
			continue
		}
		for {
			next = append(next, position(g, to))
			if to == len(w.globs[g]) || w.globs[g][to] != star && w.globs[g][to] != starOfPart {
				break
			}
			to++
		}
	}
	slices.Sort(next)
	return slices.Compact(next)
}

// alphabet are the characters that lead somewhere else than others do.
func (w walk) alphabet(at []uint32) []rune {
	var list []rune
	for _, p := range at {
		g, i := w.globs[p>>16], int(p&0xffff)
		switch {
		case i == len(g):
		case g[i] >= 0:
			list = append(list, g[i])
		case g[i] == starOfPart || g[i] == markOfPart:
			list = append(list, ':')
		case g[i] == digit:
			list = append(list, []rune(digits)...)
		case g[i] <= anyCase:
			list = append(list, spellings(g[i])...)
		}
	}
	slices.SortFunc(list, func(a, b rune) int {
		return cmp.Or(cmp.Compare(unicode.ToLower(a), unicode.ToLower(b)), cmp.Compare(b, a)) // lower case before upper
	})
	return append([]rune{w.fresh}, slices.Compact(list)...) // the fresh one first: it reads best in an example
}

func (w walk) accepts(at []uint32, universe int) (bits, bool) {
	of, within := newBits(len(w.globs)), false
	for _, p := range at {
		if g := int(p >> 16); int(p&0xffff) == len(w.globs[g]) {
			of.set(g)
			within = within || g < universe
		}
	}
	return of, within
}

func stateKey(state []uint32) string {
	b := make([]byte, 0, 4*len(state))
	for _, p := range state {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	return string(b)
}

// fresh is a character that no glob has.
func fresh(globs []glob) rune {
	used := make(map[rune]bool)
	for _, g := range globs {
		for _, c := range g {
			used[c] = true
			if c <= anyCase {
				for _, spelling := range spellings(c) {
					used[spelling] = true
				}
			}
		}
	}
	for _, c := range "xyzqjkvwXYZQJKVWabcdefghilmnoprstu_~" { // no digits, which accounts' numbers have
		if !used[c] {
			return c
		}
	}
	c := 'à'
	for used[c] {
		c++
	}
	return c
}

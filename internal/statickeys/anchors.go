package statickeys

import "sync"

// anchors is an automaton that finds words in one pass over a text, whatever their case (Aho and Corasick, Efficient string matching,
// 1975). It is what makes looking for many shapes as cheap as looking for one: nothing else runs where no word stands.
type anchors struct {
	class [256]uint8 // of a byte; 0 is in no word
	next  []uint16   // state*width + class
	width int
	ends  [][]uint16 // by state, the words that end there
	words []string
}

func newAnchors(words []string) *anchors {
	a := &anchors{words: words, width: 1}
	for _, word := range words {
		for i := range len(word) {
			if c := word[i]; a.class[c] == 0 {
				a.class[c] = uint8(a.width) //nolint:gosec // a class a byte at most
				if 'a' <= c && c <= 'z' {
					a.class[c-'a'+'A'] = a.class[c]
				}
				a.width++
			}
		}
	}
	type node struct {
		to   map[uint8]int
		fail int
		ends []uint16
	}
	nodes := []node{{to: map[uint8]int{}}}
	for n, word := range words {
		at := 0
		for i := range len(word) {
			c := a.class[word[i]]
			if nodes[at].to[c] == 0 {
				nodes[at].to[c] = len(nodes)
				nodes = append(nodes, node{to: map[uint8]int{}})
			}
			at = nodes[at].to[c]
		}
		nodes[at].ends = append(nodes[at].ends, uint16(n))
	}
	a.next, a.ends = make([]uint16, len(nodes)*a.width), make([][]uint16, len(nodes))
	// Breadth first: a state's own way on, else that of the longest end of it that begins a word.
	queue := []int{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at != 0 {
			nodes[at].ends = append(nodes[at].ends, nodes[nodes[at].fail].ends...)
		}
		a.ends[at] = nodes[at].ends
		for c := range a.width {
			to, ok := nodes[at].to[uint8(c)]
			fallback := 0
			if at != 0 {
				fallback = int(a.next[nodes[at].fail*a.width+c])
			}
			if !ok {
				a.next[at*a.width+c] = uint16(fallback)
				continue
			}
			nodes[to].fail = fallback
			a.next[at*a.width+c] = uint16(to) //nolint:gosec // a node a letter of the words, a few hundred
			queue = append(queue, to)
		}
	}
	return a
}

// find calls hit with the number of each word that ends before an offset.
func (a *anchors) find(text []byte, hit func(word, end int)) {
	state, width, next := 0, a.width, a.next
	for i, c := range text {
		state = int(next[state*width+int(a.class[c])])
		if ends := a.ends[state]; ends != nil {
			for _, word := range ends {
				hit(int(word), i+1)
			}
		}
	}
}

// matcher is built when it is first needed, never before main.
var matcher = sync.OnceValue(func() *table {
	t := &table{}
	var words []string
	for _, d := range detectors() {
		for _, word := range d.anchors {
			words, t.of = append(words, word), append(t.of, d)
		}
	}
	t.anchors = newAnchors(words)
	return t
})

// table joins words with what they are looked for by.
type table struct {
	*anchors
	of []detector // by word
}

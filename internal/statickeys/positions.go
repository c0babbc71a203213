package statickeys

import (
	"cmp"
	"slices"
	"strconv"
)

// positions are the places of the cells of a .dbc, which it doesn't list in their order.
type positions struct {
	stack []step
	of    []float64
}

func (p *positions) push(key string) { p.stack = append(p.stack, step{key, -1}) }
func (p *positions) item(n int) {
	p.stack = append(p.stack, step{"", n})
	if len(p.stack) == 2 && p.stack[0].key == "commands" {
		p.of = append(p.of, float64(n))
	}
}
func (p *positions) pop()              { p.stack = p.stack[:len(p.stack)-1] }
func (p *positions) leaf([]byte, mark) {}
func (p *positions) full()             {}

// number is told of numbers, which no other tree wants.
func (p *positions) number(value []byte) {
	if len(p.stack) == 3 && p.stack[0].key == "commands" && p.stack[2].key == "position" && len(p.of) > 0 {
		if n, err := strconv.ParseFloat(string(value), 64); err == nil {
			p.of[len(p.of)-1] = n
		}
	}
}

// ranks are the places from 0, by the cells' place in the list.
func (p *positions) ranks() []int {
	order := make([]int, len(p.of))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.of[a], p.of[b]) })
	ranks := make([]int, len(order))
	for rank, n := range order {
		ranks[n] = rank
	}
	return ranks
}

package compare

import (
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ordered are values below, between and above those of conditions on numbers, dates or addresses, and they themselves. Not
// whole if there may be one between two that was not found.
func ordered(c collected) (list words, whole bool) {
	list, whole = aroundNumbers(c.numbers)
	list = append(list, aroundMoments(c.moments)...)
	for _, network := range c.networks {
		list = append(list, edges(network)...)
	}
	return list, whole
}

// longestNumber is how long a number is that package evaluate reads.
const longestNumber = 64

func aroundNumbers(values words) (list words, whole bool) {
	whole = true
	var numbers []*big.Rat
	for _, v := range values {
		if n, ok := new(big.Rat).SetString(v); ok { // package evaluate has read it: digits and a point
			numbers, list = append(numbers, n), append(list, v)
		}
	}
	slices.SortFunc(numbers, (*big.Rat).Cmp)
	for i, n := range numbers {
		if i == 0 {
			below := new(big.Int).Sub(floor(n), big.NewInt(1))
			list = append(list, below.String()) // if that is too long to be read, nothing is below
		}
		next := (*big.Rat)(nil)
		if i+1 < len(numbers) {
			next = numbers[i+1]
			if n.Cmp(next) == 0 {
				continue
			}
		}
		above, ok := after(n, next)
		list, whole = append(list, above), whole && ok
	}
	return list, whole
}

func floor(n *big.Rat) *big.Int { return new(big.Int).Div(n.Num(), n.Denom()) }

// after is a number behind one and before the next, if there is a next, with as few decimals as will do.
func after(n, next *big.Rat) (string, bool) {
	scale := big.NewInt(1)
	for decimals := range longestNumber {
		scaled := new(big.Rat).Mul(n, new(big.Rat).SetInt(scale))
		candidate := new(big.Rat).SetFrac(new(big.Int).Add(floor(scaled), big.NewInt(1)), scale)
		if next == nil || candidate.Cmp(next) < 0 {
			text := candidate.FloatString(decimals)
			return text, next == nil || len(text) <= longestNumber // without a next, what is too long is nowhere
		}
		scale = new(big.Int).Mul(scale, big.NewInt(10))
	}
	return n.FloatString(0), false
}

func aroundMoments(values words) (list words) {
	var moments []time.Time
	for _, v := range values {
		if t, ok := moment(v); ok {
			moments, list = append(moments, t), append(list, v)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	for i, t := range moments {
		if i == 0 {
			list = append(list, written(t.Add(-time.Second)))
		}
		behind := t.Add(time.Second)
		if i+1 < len(moments) {
			behind = t.Add(moments[i+1].Sub(t) / 2)
		}
		list = append(list, written(behind))
	}
	return list
}

// written is a date as package evaluate reads it.
func written(t time.Time) string {
	const last = 9999 // the last year that has four digits
	if t = t.UTC(); t.Year() > last {
		return strconv.FormatInt(t.Unix(), 10)
	}
	return t.Format(time.RFC3339Nano)
}

// moment reads a date in the forms that package evaluate takes.
func moment(s string) (time.Time, bool) {
	const year = 4
	if len(s) != year && strings.Trim(s, digits) == "" {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func prefix(s string) (netip.Prefix, bool) {
	if network, err := netip.ParsePrefix(s); err == nil {
		return network.Masked(), true
	}
	address, err := netip.ParseAddr(s)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), true
}

// edges are the first and the last address of a network, and those before and behind it.
func edges(network netip.Prefix) words {
	first := network.Addr()
	raw := first.AsSlice()
	for i := network.Bits(); i < 8*len(raw); i++ {
		raw[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(raw)
	list := words{first.String(), last.String()}
	for _, a := range [...]netip.Addr{first.Prev(), last.Next()} {
		if a.IsValid() {
			list = append(list, a.String())
		}
	}
	return list
}

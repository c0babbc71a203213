package evaluate

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is one that a condition compares with, read as its operator wants it.
type value struct {
	text    pattern // strings, ARNs, booleans: these may have variables
	number  *big.Rat
	moment  time.Time
	data    []byte
	network netip.Prefix
	truth   bool
}

// relation is between a value of the request, which stands first, and one of the policy.
type relation int

const (
	equal relation = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

func (r relation) holds(order int) bool {
	switch r {
	case less:
		return order < 0
	case lessOrEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterOrEqual:
		return order >= 0
	default:
		return order == 0
	}
}

// newValue reads a value of a policy.
func newValue(o operator, s string, variables bool) (v value, err error) {
	ok := true
	switch o.kind {
	case ofStrings, ofStringsIgnoringCase:
		v.text, err = newPattern(s, false, variables)
	case ofPatterns, ofARNs:
		v.text, err = newPattern(s, true, variables)
	case ofBools:
		v.text, err = newPattern(s, false, variables)
		if err == nil && v.text.parts == nil {
			_, ok = truth(s)
		}
	case ofPresence:
		v.truth, ok = truth(s)
	case ofNumbers:
		v.number, ok = number(s)
	case ofDates:
		v.moment, ok = moment(s)
	case ofBytes:
		v.data, err = base64.StdEncoding.DecodeString(s)
	case ofAddresses:
		v.network, ok = network(s)
	}
	if err == nil && !ok {
		err = fmt.Errorf("%q is no value for this operator", short(s))
	}
	return v, err
}

// meets compares with a value of the request. One that is of another kind than the operator's is equal to nothing.
func (v value) meets(o operator, a asked, s string) bool {
	switch o.kind {
	case ofNumbers:
		n, ok := number(s)
		return ok && o.relation.holds(n.Cmp(v.number))
	case ofDates:
		t, ok := moment(s)
		return ok && o.relation.holds(t.Compare(v.moment))
	case ofBytes:
		data, err := base64.StdEncoding.DecodeString(s)
		return err == nil && bytes.Equal(data, v.data)
	case ofAddresses:
		address, err := netip.ParseAddr(s)
		return err == nil && v.network.Contains(address.Unmap())
	default:
		symbols, ok := v.text.expand(a)
		return ok && sameText(o.kind, symbols, s)
	}
}

func sameText(k kind, symbols []rune, s string) bool {
	switch k {
	case ofPatterns:
		return like(symbols, []rune(s))
	case ofARNs:
		return matchesARN(symbols, s)
	case ofStringsIgnoringCase:
		return strings.EqualFold(string(symbols), s)
	case ofBools:
		wanted, ok := truth(string(symbols))
		is, valid := truth(s)
		return ok && valid && wanted == is
	default:
		return slices.Equal(symbols, []rune(s))
	}
}

func truth(s string) (is, ok bool) {
	switch Lower(s) {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
		return false, false
	}
}

// number reads an integer or a decimal, exactly.
func number(s string) (*big.Rat, bool) {
	const most = 64
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if len(s) > most || !allDigits(whole) || point && !allDigits(fraction) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func allDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}

// moment reads a date as https://www.w3.org/TR/NOTE-datetime has it, or seconds since 1970. Four digits are a year.
func moment(s string) (time.Time, bool) {
	const year, most = 4, 12
	if allDigits(s) && len(s) != year {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil && len(s) <= most
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// network reads a range of addresses, or one.
func network(s string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return prefix.Masked(), true
	}
	address, err := netip.ParseAddr(s)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), true
}

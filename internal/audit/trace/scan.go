package trace

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strconv"
)

// Eight bytes are looked at at once, by https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord.
const ones, tops = 0x0101010101010101, 0x8080808080808080

// text reads a string that the join needs.
func (s *skimmer) text(into *[]byte, i int) (int, error) {
	*into = nil
	if s.b[i] != '"' {
		return skip(s.b, i)
	}
	end, escaped := endOfString(s.b, i+1)
	if end < 0 {
		return 0, errMore
	}
	*into = s.b[i+1 : end]
	if !escaped {
		return end + 1, nil
	}
	var err error
	*into, err = text(*into)
	return end + 1, err
}

// text is what stands between the quotes of a string of JSON, where something is escaped in it.
func text(raw []byte) ([]byte, error) {
	var said string
	quoted := append(append([]byte{'"'}, raw...), '"')
	if json.Unmarshal(quoted, &said) != nil {
		return nil, errForm
	}
	return []byte(said), nil
}

// number reads a number of bytes, -1 where there is none. CloudTrail writes some as 0.0.
func (s *skimmer) number(into *int64, i int) (int, error) {
	*into = -1
	end, err := skip(s.b, i)
	if err != nil || s.b[i] != '-' && (s.b[i] < '0' || s.b[i] > '9') {
		return end, err
	}
	*into, err = amount(s.b[i:end])
	return end, err
}

// amount is a number of bytes.
func amount(number []byte) (int64, error) {
	const most, digits = 1 << 50, 15 // a petabyte in one request is no honest number
	number = bytes.TrimSuffix(number, []byte(".0"))
	if n, err := strconv.ParseUint(string(number), 10, 64); err == nil && len(number) <= digits && (number[0] != '0' || len(number) == 1) {
		return int64(n), nil //nolint:gosec // it has 15 digits
	}
	if !json.Valid(number) {
		return -1, errForm
	}
	n, err := strconv.ParseFloat(string(number), 64)
	if err != nil || n < 0 || n > most {
		return -1, nil //nolint:nilerr // it is JSON, and no number of bytes
	}
	return int64(n), nil
}

// Bytes within which a value is looked for its end.
const (
	opens = iota + 1
	closes
	quotes
)

var bracket = [256]byte{'{': opens, '[': opens, '}': closes, ']': closes, '"': quotes}

// skip steps over the value at i.
func skip(b []byte, i int) (int, error) {
	switch b[i] {
	case '"':
		if end := skipString(b, i+1); end >= 0 {
			return end + 1, nil
		}
		return 0, errMore
	case '{', '[':
		return skipNested(b, i)
	}
	for j := i; j < len(b); j++ {
		if c := b[j]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '.' && c != '-' && c != '+' {
			if j == i {
				return 0, errForm
			}
			return j, nil
		}
	}
	return 0, errMore
}

// skipNested steps over an object or a list, whatever its depth.
func skipNested(b []byte, i int) (int, error) {
	depth := 0
	for ; i < len(b); i++ {
		switch bracket[b[i]] {
		case opens:
			depth++
		case closes:
			if depth--; depth == 0 {
				return i + 1, nil
			}
		case quotes:
			if i = skipString(b, i+1); i < 0 {
				return 0, errMore
			}
		}
	}
	return 0, errMore
}

// endOfString is where the quote stands that ends the string whose text begins at i, -1 if the buffer ends before, and whether
// something is escaped in it.
func endOfString(b []byte, i int) (end int, escaped bool) {
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, escape := w^ones*'"', w^ones*'\\'
		if found := ((quote-ones)&^quote | (escape-ones)&^escape) & tops; found != 0 {
			if i += bits.TrailingZeros64(found) / 8; b[i] == '"' {
				return i, false
			}
			break
		}
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return -1, escaped
}

// skipString is the end of a string too, for one that is stepped over. Most are so short that bytes.IndexByte takes longer to start
// than to find it.
func skipString(b []byte, from int) int {
	i, end := from, -1
	for range 2 {
		if len(b)-i < 8 {
			break
		}
		w := binary.LittleEndian.Uint64(b[i:]) ^ ones*'"'
		if found := (w - ones) &^ w & tops; found != 0 {
			end = i + bits.TrailingZeros64(found)/8
			break
		}
		i += 8
	}
	if end < 0 {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end = i + n
	}
	if b[end-1] == '\\' {
		end, _ = endOfString(b, from)
	}
	return end
}

// space steps over white space.
func space(b []byte, i int) int {
	if i < len(b) && b[i] > ' ' {
		return i
	}
	return spaces(b, i)
}

func spaces(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

package picker

import (
	"strings"
	"unicode/utf8"
)

// key is a key that was pressed: a rune for what is typed, below 0 for the others.
type key rune

const (
	noKey key = -iota // one that means nothing here
	up
	down
	pageUp
	pageDown
	home
	end
	enter
	keep
	escape
	erase
	eraseWord
	eraseAll
)

// maxPending bounds a sequence that never ends, in bytes.
const maxPending = 32

// typed are bytes that a terminal sent and no key was made of yet.
type typed struct{ pending []byte }

// controls are the keys that are one byte. Ctrl-C comes as one where the terminal sends no signal for it.
var controls = map[byte]key{
	'\r': enter, '\n': enter, '\t': down, 0x7f: erase, 0x08: erase, 0x15: eraseAll, 0x17: eraseWord, 0x12: keep,
	0x0e: down, 0x10: up, 0x03: escape, 0x04: escape,
}

// finals are the keys by the last byte of their sequence: CSI or SS3 (ECMA-48, 5.4; xterm's control sequences).
var finals = map[byte]key{'A': up, 'B': down, 'H': home, 'F': end, 'Z': up}

// numbers are the keys whose sequence is CSI NUMBER ~, as of the VT220 and rxvt.
var numbers = map[string]key{"1": home, "7": home, "4": end, "8": end, "5": pageUp, "6": pageDown, "3": erase}

// next takes the next key off what was typed. silent: nothing follows for now, so that an ESC stands for itself.
func (t *typed) next(silent bool) (key, bool) {
	if len(t.pending) == 0 {
		return noKey, false
	}
	first := t.pending[0]
	if k, ok := controls[first]; ok {
		return t.took(1, k), true
	}
	switch {
	case first == 0x1b:
		return t.sequence(silent)
	case first < ' ':
		return t.took(1, noKey), true
	case !utf8.FullRune(t.pending) && !silent:
		return noKey, false
	}
	r, size := utf8.DecodeRune(t.pending)
	if r == utf8.RuneError {
		return t.took(size, noKey), true
	}
	return t.took(size, key(r)), true
}

func (t *typed) took(n int, k key) key {
	t.pending = t.pending[n:]
	return k
}

func (t *typed) sequence(silent bool) (key, bool) {
	if len(t.pending) == 1 {
		if !silent {
			return noKey, false
		}
		return t.took(1, escape), true
	}
	switch second := t.pending[1]; {
	case second == 0x1b: // pressed twice, or before a sequence
		return t.took(1, escape), true
	case second != '[' && second != 'O': // Alt and a key
		if !utf8.FullRune(t.pending[1:]) && !silent {
			return noKey, false
		}
		_, size := utf8.DecodeRune(t.pending[1:])
		return t.took(1+size, noKey), true
	}
	for i, b := range t.pending[2:] {
		switch {
		case b >= 0x40 && b <= 0x7e:
			parameters := string(t.pending[2 : 2+i])
			k := finals[b]
			if b == '~' {
				number, _, _ := strings.Cut(parameters, ";") // behind it stand Shift, Alt and Ctrl
				k = numbers[number]
			}
			return t.took(3+i, k), true
		case b < 0x20 || b > 0x7e: // no sequence has it: what follows is typed
			return t.took(2+i, noKey), true
		}
	}
	if silent || len(t.pending) > maxPending {
		return t.took(len(t.pending), noKey), true
	}
	return noKey, false
}

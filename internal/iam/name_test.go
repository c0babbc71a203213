package iam

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"x": true, "ml-trainer": true, "a_b+c=d,e.f@g-1": true, strings.Repeat("x", 64): true,
		"": false, "a b": false, "a/b": false, "ü": false, "a\n": false, "a:b": false, strings.Repeat("x", 65): false,
	} {
		if IsName(name) != ok {
			t.Errorf("%q: %v", name, !ok)
		}
	}
	for tag, ok := range map[string]bool{
		"": true, "R&D": false, "team a/b:c=d+e-f@g_h.i": true, "é 1": true, "a\u00a0b": true, "a\u2028b": false, "a\nb": false, "\xff": false,
		strings.Repeat("ü", 30): true, strings.Repeat("ü", 31): false,
	} {
		if IsTag(tag, 30) != ok {
			t.Errorf("%q: %v", tag, !ok)
		}
	}
	for account, ok := range map[string]bool{"111122223333": true, "11112222333": false, "1111222233334": false, "": false, "11112222333x": false} {
		if IsAccount(account) != ok {
			t.Errorf("%q: %v", account, !ok)
		}
	}
}

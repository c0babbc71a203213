package profiles

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func validateProfileName(name string) error { return validateName("profile", name, "._-", 128) }

func validateName(what, value, punctuation string, longest int) error {
	if isPlain(value, punctuation, longest) {
		return nil
	}
	return ui.Errorf("profile-name", ui.Failed, "the %s %q can't be written into a config file", what, ui.Clean(value)).
		With(ui.Advice(fmt.Sprintf("a %s has 1 to %d characters of a-z 0-9 %s and starts with a letter or digit; "+
			"correct it in the access map or the settings", what, longest, punctuation)))
}

// isPlain reports whether a value has the form of a name: lower-case letters and digits, and after the first of them
// also punctuation.
func isPlain(value, punctuation string, longest int) bool {
	for i, r := range value {
		letterOrDigit := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letterOrDigit && (i == 0 || !strings.ContainsRune(punctuation, r)) {
			return false
		}
	}
	return value != "" && len(value) <= longest
}

// isHost reports whether a value is "https://name" or "https://name:port"; http is allowed for this machine only. The
// name has nothing but small letters, digits, "-" and ".", so that no reader of a config file finds a comment, a header
// or a second value in it. IPv6 addresses are not allowed because of their brackets.
func isHost(value string) bool {
	address, secure := strings.CutPrefix(value, "https://")
	if !secure {
		var ok bool
		if address, ok = strings.CutPrefix(value, "http://"); !ok {
			return false
		}
	}
	name, port, hasPort := strings.Cut(address, ":")
	if hasPort {
		// The digits alone: Atoi takes signs.
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return false
		}
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isPlain(label, "-", 63) || strings.HasSuffix(label, "-") {
			return false
		}
	}
	ip, err := netip.ParseAddr(name)
	return len(name) <= 253 && (secure || name == "localhost" || err == nil && ip.IsLoopback())
}

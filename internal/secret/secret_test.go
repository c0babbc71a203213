package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

func TestNothingPrintsTheValue(t *testing.T) {
	const canary = "canary-0123456789"
	s := New(canary)
	holder := struct {
		Token String
		Ptr   *String
		List  []String
		Map   map[string]String
		inner String
		ptr   *String
	}{s, &s, []String{s}, map[string]String{"k": s}, s, &s}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", fmt.Errorf("wrapped %v", s))
	}
	data, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(data)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "secret", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "secret", s, "holder", holder)

	out.WriteString(s.String())
	hexed := fmt.Sprintf("%x", canary)
	if text := out.String(); strings.Contains(text, canary) || strings.Contains(strings.ToLower(text), hexed) {
		t.Fatalf("the secret was printed:\n%s", text)
	}
	if s.Reveal() != canary {
		t.Fatal("Reveal must return the value")
	}
}

func TestASecretIsEscapedAsInAddresses(t *testing.T) {
	t.Parallel()
	var every []byte
	for ch := range 256 {
		every = append(every, byte(ch))
	}
	text := string(every) + "日本"
	if form := strings.ReplaceAll(escaped(text, " "), " ", "+"); form != url.QueryEscape(text) {
		t.Errorf("in a form: %s", form)
	}
	if path := escaped(text, "$&+=:@"); path != url.PathEscape(text) {
		t.Errorf("in a path: %s", path)
	}
}

func TestARedactorLeavesNothingOfASecret(t *testing.T) {
	r := Redactor(New("canary-1234"), New("short"), String{}, New("canary-12345678"), New("canary/+="))
	const text = "canary-12345678 canary-1234! shortly canary/+= canary%2F%2B%3D canary%2f%2b%3d canary%2F+= canary%2f+="
	const want = "[redacted] [redacted]! shortly [redacted] [redacted] [redacted] [redacted] [redacted]"
	if got := r.Replace(text); got != want {
		t.Errorf("got %q", got)
	}
}

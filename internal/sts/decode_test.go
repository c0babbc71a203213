package sts

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAMessageThatSTSCantTakeIsNotSent(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]ui.ID{0: "encoded-message-size", 1: "", maxEncoded: "", maxEncoded + 1: "encoded-message-size"} {
		client, double := signed(t, answer("DecodeAuthorizationMessage", "<DecodedMessage>{}</DecodedMessage>"))
		got, err := client.DecodeMessage(t.Context(), Encoded{Credentials: hop(), Role: "ml-trainer", Region: "us-east-1", Message: strings.Repeat("x", size)})
		if ui.IDOf(err) != want || (got == "{}") != (want == "") || (len(double.forms) == 1) != (want == "") {
			t.Errorf("%d characters: %q, %v after %d calls", size, got, err, len(double.forms))
		}
	}
}

func TestEveryRefusalOfAMessage(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		id   ui.ID
		exit ui.Code
		hint string
	}{
		"AccessDenied":                {"decode-refused", ui.Refused, "sts:DecodeAuthorizationMessage"},
		"InvalidAuthorizationMessage": {"encoded-message-invalid", ui.Failed, "paste it whole"},
		"ExpiredToken":                {"credentials-ended", ui.Failed, "try again"},
	} {
		client, _ := signed(t, refused(403, code, "no"))
		_, err := client.DecodeMessage(t.Context(), Encoded{Credentials: hop(), Role: "ml-trainer", Region: "us-east-1", Message: "x"})
		if ui.IDOf(err) != c.id || ui.CodeOf(err) != c.exit || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s: exit %d, %v, hint %q", code, ui.CodeOf(err), err, ui.HintOf(err))
		}
	}
}

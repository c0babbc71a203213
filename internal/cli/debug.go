package cli

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// debugLog is what --debug writes: one line per step. Values of type secret.String print as [redacted]; what looks like a secret
// in any other text, such as an error from a server, is redacted here, and control characters are removed.
func debugLog(w io.Writer) *slog.Logger {
	// ID tokens and other JWTs, Databricks' tokens, the person in an address, and what follows the words by which services
	// announce secrets, however they are written: refresh_token=, "accessToken":, <SessionToken>, Bearer.
	secrets := regexp.MustCompile(`eyJ[\w-]{8,}(\.[\w-]*){0,2}|\bdapi[0-9a-f]{8,}[\w-]*|//[^/\s@]+@|(?i:(bearer|basic) +|[\w-]*(token|secret|password|passphrase|accesskey|access_key|code_verifier|codeverifier|device_?code|signature)[\"']?[=:>] *[\"']?)[^\s\"'&<]+`)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			var text string
			switch value := a.Value.Any().(type) {
			case string:
				text = value
			case error:
				text = value.Error()
			case fmt.Stringer:
				text = value.String()
			default:
				return a
			}
			if a.Value.Kind() != slog.KindTime && a.Value.Kind() != slog.KindDuration {
				a.Value = slog.StringValue(secrets.ReplaceAllString(ui.Clean(text), "[redacted]"))
			}
			return a
		},
	}))
}

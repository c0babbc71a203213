package account

import (
	"io"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A QR code that is cut off can't be read, and pushes what can be off the screen.
func TestTheQRCodeIsDrawnWhereAllOfItFits(t *testing.T) {
	t.Parallel()
	const link = "https://acme.okta.com/activate?user_code=WXYZ-WXYZ"
	for _, c := range []struct {
		columns, rows int
		drawn         bool
	}{{80, 40, true}, {120, 30, true}, {80, 20, false}, {60, 20, false}, {30, 60, false}} {
		got := qrCode(&ui.Screen{Terminal: io.Discard, Width: c.columns, Height: c.rows}, link)
		if (got != "") != c.drawn || strings.Count(got, "\n") > c.rows {
			t.Errorf("%d × %d: drawn in %d rows", c.columns, c.rows, strings.Count(got, "\n"))
		}
	}
}

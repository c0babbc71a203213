package serve

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestNoSocketOnWindows(t *testing.T) {
	t.Parallel()
	if _, err := Socket(t.TempDir()+`\s`, nil, nil); ui.IDOf(err) != "socket-unsupported" {
		t.Errorf("got %v", err)
	}
}

package desktop

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"look-away": func() { os.Exit(0) }, // a browser that goes nowhere
	})
}

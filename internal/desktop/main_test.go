package desktop

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"look-away":    func() { os.Exit(0) }, // a browser that goes nowhere
		"tell-desktop": tellDesktop,
	})
}

// tellDesktop is a program that prints what the desktop gives of some variables.
func tellDesktop() {
	given := Environment(context.Background(), os.Getenv)
	if given == nil {
		fmt.Println("unknown")
		os.Exit(0)
	}
	for _, name := range os.Args[1:] {
		fmt.Println(name + "=" + given(name))
	}
	os.Exit(0)
}

package workspacelogin

import (
	"os"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
)

func TestMain(m *testing.M) {
	logintest.Signals()
	os.Exit(m.Run())
}

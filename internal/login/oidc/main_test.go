package oidc

import (
	"fmt"
	"os"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := signalChild(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	logintest.Signals()
	os.Exit(m.Run())
}

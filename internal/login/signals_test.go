package login

import (
	"os"
	"testing"
)

// childEnv makes the test binary run the child of a test instead of the tests.
const childEnv = "DBXACCESS_LOGIN_TEST_CHILD"

// TestMain starts the runtime's signal handling outside of every bubble of fake time: it could not live in one.
func TestMain(m *testing.M) {
	HoldSignals()()
	if os.Getenv(childEnv) != "" {
		signalChild()
		return
	}
	os.Exit(m.Run())
}

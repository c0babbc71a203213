package workload

import (
	"os"
	"testing"
)

// childEnv makes the test binary run the child of a test instead of the tests.
const childEnv = "DBXACCESS_WORKLOAD_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		os.Exit(sourceChild(what))
	}
	os.Exit(m.Run())
}

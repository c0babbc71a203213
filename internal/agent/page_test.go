package agent

import (
	"os"
	"strings"
	"testing"
)

// The page on agents says by what each is told.
func TestThePageNamesWhatTellsOfAnAgent(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	var marks []string
	for _, k := range known {
		marks = append(marks, k.variable)
	}
	for _, p := range programs {
		marks = append(marks, p.program)
	}
	for _, mark := range marks {
		if !strings.Contains(string(page), "`"+mark+"`") {
			t.Errorf("docs/agents.md does not name %s", mark)
		}
	}
}

package desktop

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestNotificationsRunNothingOfTheirText(t *testing.T) {
	t.Parallel()
	for goos, program := range map[string]string{"linux": "notify-send", "darwin": "osascript", "windows": "powershell", "freebsd": "notify-send"} {
		argv, variable := notifier(goos)
		if argv[0] != program {
			t.Errorf("%s: %q", goos, argv)
		}
		if variable != "" && !strings.Contains(strings.Join(argv, " "), "$Env:"+variable) {
			t.Errorf("%s: nothing reads %s", goos, variable)
		}
	}
}

func TestAMissingNotifierIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Notifier(); ui.IDOf(err) != "notifier-missing" || ui.CodeOf(err) != ui.Usage {
		t.Error(err)
	}
}

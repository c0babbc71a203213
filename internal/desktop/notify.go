package desktop

import (
	"context"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// notifyWait bounds showing a notification.
const notifyWait = 10 * time.Second

// Notifier is what shows a notification on the desktop; the error says what is missing. The text is an argument, or on
// Windows a variable, of which nothing is run.
func Notifier() (show func(ctx context.Context, environ []string, text string) error, err error) {
	argv, variable := notifier(runtime.GOOS)
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, ui.Errorf("notifier-missing", ui.Usage, "--notify: %s, which shows notifications here, is not installed", argv[0]).
			With(ui.Advice("install it, or leave --notify out"))
	}
	argv[0] = path
	return func(ctx context.Context, environ []string, text string) error {
		p := command.Program{Argv: append(argv[:len(argv):len(argv)], text), Env: environ, Time: notifyWait}
		if variable != "" {
			p.Argv, p.Env = argv, slices.Concat(environ, []string{variable + "=" + text})
		}
		_, err := command.Run(ctx, p)
		return err
	}, nil
}

// notifier is the program of a system, which gets the text as its last argument, or in a variable.
func notifier(goos string) (argv []string, variable string) {
	switch goos {
	case "darwin":
		return []string{
			"osascript", "-e", "on run argv", "-e", `display notification (item 1 of argv) with title "dbxaccess"`, "-e", "end run",
		}, ""
	case "windows":
		return []string{"powershell", "-NoProfile", "-NonInteractive", "-Command", balloon}, "DBXACCESS_NOTICE"
	}
	return []string{"notify-send", "--app-name=dbxaccess", "--", "dbxaccess"}, ""
}

// balloon shows a notification as every Windows has it, for as long as the icon lives.
const balloon = `Add-Type -AssemblyName System.Windows.Forms, System.Drawing; ` +
	`$n = New-Object System.Windows.Forms.NotifyIcon; $n.Icon = [System.Drawing.SystemIcons]::Warning; $n.Visible = $true; ` +
	`$n.ShowBalloonTip(5000, 'dbxaccess', $Env:DBXACCESS_NOTICE, 'Warning'); Start-Sleep -Seconds 6; $n.Dispose()`

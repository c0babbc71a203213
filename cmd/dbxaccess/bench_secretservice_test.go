//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startSecretService starts a bus and an unlocked gnome-keyring of its own and returns the environment to reach it.
func (b *bench) startSecretService() []string {
	b.t.Helper()
	home := b.t.TempDir()
	address := "unix:path=" + filepath.Join(home, "bus")
	ctx, cancel := context.WithCancel(context.Background())
	b.t.Cleanup(cancel)
	// A configuration of its own, without the system's folder of services: nothing may be started by being asked for.
	config := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(config, []byte(fmt.Sprintf(busConfig, address)), 0o600); err != nil {
		b.t.Fatal(err)
	}
	bus := exec.CommandContext(ctx, "dbus-daemon", "--nofork", "--config-file="+config)
	b.start(bus)
	b.until(func() bool { _, err := os.Stat(filepath.Join(home, "bus")); return err == nil })
	env := []string{"DBUS_SESSION_BUS_ADDRESS=" + address}
	daemon := exec.CommandContext(ctx, "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", "--control-directory="+home)
	daemon.Env = []string{env[0], "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_DATA_HOME=" + home, "PATH=" + os.Getenv("PATH")}
	daemon.Stdin = strings.NewReader("bench")
	b.start(daemon)
	b.until(func() bool {
		probe := exec.Command("dbus-send", "--bus="+address, "--print-reply", "--dest=org.freedesktop.secrets",
			"/org/freedesktop/secrets/collection/login", "org.freedesktop.DBus.Properties.Get",
			"string:org.freedesktop.Secret.Collection", "string:Locked")
		out, err := probe.Output()
		return err == nil && bytes.Contains(out, []byte("boolean false"))
	})
	return env
}

const busConfig = `<busconfig><type>session</type><listen>%s</listen><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`

func (b *bench) start(cmd *exec.Cmd) {
	b.t.Helper()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("%s: %v (apt-get install dbus gnome-keyring)", cmd.Path, err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (b *bench) until(ready func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatal("the Secret Service did not start in 10 s")
		}
	}
}

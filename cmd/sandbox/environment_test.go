package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestTheEnvironmentIsScratch(t *testing.T) {
	h, err := newHome("version: 1\n")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.remove() }()
	env := h.environment([]string{
		"Path=/bin", "LANG=C", "HOME=/home/person", "AWS_PROFILE=prod", "AWS_SECRET_ACCESS_KEY=x", "AWS_CONFIG_FILE=/x",
		"DBXACCESS_MAP=/x", "DBUS_SESSION_BUS_ADDRESS=unix:", "DISPLAY=:0", "XDG_CONFIG_HOME=/x", "HTTPS_PROXY=x", "odd",
		"DATABRICKS_CONFIG_FILE=/x", "DATABRICKS_HOST=https://x", "DATABRICKS_TOKEN=x", "databricks_cli_path=/x",
	}, []string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"})
	for _, want := range []string{
		"Path=/bin", "LANG=C", "HOME=" + h.dir, "XDG_CONFIG_HOME=" + filepath.Join(h.root, "config"),
		"DBXACCESS_KEYRING_BACKEND=file", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1",
		"DBXACCESS_KEYRING_SERVICE=dbxaccess-demo",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(strings.ToUpper(name), "DATABRICKS_") {
			t.Errorf("%s came through", pair)
		}
		for _, unwanted := range []string{"DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "AWS_PROFILE", "AWS_SECRET_ACCESS_KEY",
			"AWS_CONFIG_FILE", "DBXACCESS_MAP", "HTTPS_PROXY", "odd"} {
			if name == unwanted {
				t.Errorf("%s came through", pair)
			}
		}
		if value == "/x" || value == "/home/person" {
			t.Errorf("%s came through", pair)
		}
	}
	if info, err := os.Stat(h.dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the home: %v, %v", info, err)
	}
}

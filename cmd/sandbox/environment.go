package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// mapName is the access map's file in the scratch home.
const mapName = "access-map.yaml"

// keyringService keeps the demo's items apart from a person's own.
const keyringService = "dbxaccess-demo"

// home is a scratch directory that a program takes for the person's home.
type home struct {
	root       string // removed at the end, with all in it
	dir        string // HOME, and the working directory
	passphrase string // of the encrypted file that stands in for the keyring
}

// newHome makes a home with an access map in it.
func newHome(accessMap string) (*home, error) {
	root, err := os.MkdirTemp("", "dbxaccess-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a scratch home: %w", err)
	}
	h := &home{root: root, dir: filepath.Join(root, "home"), passphrase: rand.Text()}
	err = errors.Join(os.Mkdir(h.dir, 0o700), os.Mkdir(h.in("tmp"), 0o700), os.Mkdir(h.in("run"), 0o700),
		os.WriteFile(h.accessMap(), []byte(accessMap), 0o600))
	if err != nil {
		return nil, fmt.Errorf("making a scratch home: %w", errors.Join(err, h.remove()))
	}
	return h, nil
}

func (h *home) in(name string) string { return filepath.Join(h.root, name) }

func (h *home) accessMap() string { return filepath.Join(h.dir, mapName) }

func (h *home) awsConfig() string { return filepath.Join(h.dir, ".aws", "config") }

func (h *home) databricksConfig() string { return filepath.Join(h.dir, ".databrickscfg") }

// kept are the variables a program needs to run and to print in the person's language. Nothing else (AWS_*, DATABRICKS_*,
// proxies, agents, DISPLAY, the session bus with the person's keyring) gets in.
func kept() []string {
	return []string{
		"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "NO_COLOR", "TZ",
		"SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT",
	}
}

// environment is that of the demo's programs: what is kept of from (KEY=value), the overlay and the endpoints.
func (h *home) environment(from, endpoints []string) []string {
	var env []string
	for _, pair := range from {
		name, _, _ := strings.Cut(pair, "=")
		// Windows spells Path, and means PATH.
		if slices.ContainsFunc(kept(), func(k string) bool { return strings.EqualFold(name, k) }) {
			env = append(env, pair)
		}
	}
	return slices.Concat(env, h.overlay(), endpoints)
}

// endpoints are the variables that put a sandbox in AWS's place. The Databricks workspace is in the access map.
func endpoints(s *sandbox.Server) []string {
	return append([]string{
		"AWS_ENDPOINT_URL_STS=" + s.STSURL(),
		"AWS_ENDPOINT_URL_SIGNIN=" + s.SigninURL(),
		"AWS_ENDPOINT_URL_IAM=" + s.IAMURL(),
		"AWS_ENDPOINT_URL_ATHENA=" + s.AthenaURL(),
		"AWS_ENDPOINT_URL_SSO_OIDC=" + s.SSOOIDCURL(),
		"AWS_ENDPOINT_URL_SSO=" + s.SSOURL(),
		"AWS_EC2_METADATA_DISABLED=true",
	}, s.DataURLs()...)
}

// overlay is the scratch home, with the encrypted file for a keyring.
func (h *home) overlay() []string {
	return []string{
		"HOME=" + h.dir,
		"USERPROFILE=" + h.dir,
		"APPDATA=" + h.in("roaming"),
		"LOCALAPPDATA=" + h.in("local"),
		"XDG_CONFIG_HOME=" + h.in("config"),
		"XDG_DATA_HOME=" + h.in("data"),
		"XDG_STATE_HOME=" + h.in("state"),
		"XDG_CACHE_HOME=" + h.in("cache"),
		"XDG_RUNTIME_DIR=" + h.in("run"),
		"TMPDIR=" + h.in("tmp"),
		"TEMP=" + h.in("tmp"),
		"TMP=" + h.in("tmp"),
		"DBXACCESS_KEYRING_BACKEND=file",
		"DBXACCESS_KEYRING_PASSPHRASE=" + h.passphrase,
		"DBXACCESS_KEYRING_SERVICE=" + keyringService,
	}
}

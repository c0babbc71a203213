package main

import (
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// The test binary stands for dbxaccess: the demo starts it in the scratch environment, by which it knows.
func TestMain(m *testing.M) {
	if os.Getenv("DBXACCESS_KEYRING_SERVICE") != keyringService {
		os.Exit(m.Run())
	}
	if err := fakeDbxaccess(os.Args[1], os.Getenv("FAKE_MISDEED")); err != nil {
		fmt.Fprintln(os.Stderr, "fake:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func itemPath() string { return filepath.Join(os.Getenv("XDG_DATA_HOME"), keyringService+":v1:role") }

func tokenPath() string { return filepath.Join(os.Getenv("XDG_DATA_HOME"), keyringService+":v1:token") }

func configPath() string { return filepath.Join(os.Getenv("HOME"), ".aws", "config") }

func databricksPath() string { return filepath.Join(os.Getenv("HOME"), ".databrickscfg") }

// fakeDbxaccess does as much as the demo looks at, or one misdeed.
func fakeDbxaccess(command, misdeed string) error {
	if command == "linger" {
		return linger()
	}
	if command == misdeed {
		return errors.New("as told")
	}
	switch command {
	case "init":
		_, err := os.Stat(mapName)
		return err
	case "login":
		return fakeLogin(misdeed)
	case "status", "roles":
		fmt.Fprintln(os.Stdout, "ml-trainer by ml-scientists, ml-reader by analysts")
		return nil
	case "workspace":
		fmt.Fprintln(os.Stdout, "alice@example.com")
		return nil
	case "exec":
		fmt.Fprintln(os.Stdout, outlived)
		return nil
	case "explain":
		fmt.Fprintln(os.Stdout, "s3:DeleteObject: ask #ml-platform")
		return nil
	case "audit":
		fmt.Fprintln(os.Stdout, "alice read churn")
		return nil
	case "scan":
		fmt.Fprintln(os.Stdout, "databricks-token", notebookName)
		return errors.New("1 static key was found")
	case "doctor":
		fmt.Fprintln(os.Stdout, "0 faults")
		return nil
	case "credential-process", "env", "auth":
		path := itemPath()
		if command == "auth" {
			path = tokenPath()
		}
		item, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		plain, err := hex.DecodeString(string(item))
		fmt.Fprintf(os.Stdout, "%s\n", plain)
		if command == "env" {
			fmt.Fprintln(os.Stdout, "AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN\nunset AWS_PROFILE;")
		}
		return err
	case "uninstall":
		return nil
	case "logout":
		if misdeed == "forget" {
			return nil
		}
		return errors.Join(os.Remove(itemPath()), os.Remove(tokenPath()), os.Remove(configPath()), os.Remove(databricksPath()))
	}
	return fmt.Errorf("unknown command %q", command)
}

func fakeLogin(misdeed string) error {
	data, err := os.ReadFile(mapName)
	if err != nil {
		return err
	}
	find := func(key string) string {
		return regexp.MustCompile(key + `: (\S+)`).FindStringSubmatch(string(data))[1]
	}
	issuer, client := find("issuer"), find("client_id")
	var begun struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
	}
	if err := fakePost(issuer+"/device/authorize", json.Unmarshal, &begun, "client_id", client, "scope", "openid groups"); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "enter", begun.UserCode)
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	for tokens.IDToken == "" {
		time.Sleep(time.Second) // The interval; asking earlier makes it 6 s.
		if err := fakePost(issuer+"/token", json.Unmarshal, &tokens, "client_id", client, "device_code", begun.DeviceCode,
			"grant_type", "urn:ietf:params:oauth:grant-type:device_code"); err != nil {
			return err
		}
	}
	var assumed struct {
		AccessKeyID     string `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
		SecretAccessKey string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
		SessionToken    string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
		Expiration      string `xml:"AssumeRoleWithWebIdentityResult>Credentials>Expiration"`
	}
	if err := fakePost(os.Getenv("AWS_ENDPOINT_URL_STS"), xml.Unmarshal, &assumed, "Action", "AssumeRoleWithWebIdentity",
		"Version", "2011-06-15", "RoleArn", "arn:aws:iam::"+sandbox.Account+":role/ml-trainer", "RoleSessionName", "alice",
		"WebIdentityToken", tokens.IDToken); err != nil {
		return err
	}
	plain := fmt.Sprintf(`{"Version":1,"AccessKeyId":%q,"SecretAccessKey":%q,"SessionToken":%q,"Expiration":%q}`,
		assumed.AccessKeyID, assumed.SecretAccessKey, assumed.SessionToken, assumed.Expiration)
	item := hex.EncodeToString([]byte(plain))
	var exchanged struct {
		AccessToken string `json:"access_token"`
	}
	if err := fakePost(find("host")+"/oidc/v1/token", json.Unmarshal, &exchanged, "subject_token", tokens.IDToken,
		"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "scope", "all-apis",
		"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"); err != nil {
		return err
	}
	token := hex.EncodeToString(fmt.Appendf(nil, `{"access_token":%q,"token_type":"Bearer","expiry":%q}`,
		exchanged.AccessToken, time.Now().Add(time.Hour).Format(expiryForm)))
	if misdeed == "leak" {
		if err := os.WriteFile("debug.log", []byte(plain), 0o600); err != nil {
			return err
		}
	}
	if err := fakeLinger(misdeed); err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(filepath.Dir(itemPath()), 0o700),
		os.WriteFile(itemPath(), []byte(item), 0o600),
		os.WriteFile(tokenPath(), []byte(token), 0o600),
		os.WriteFile(databricksPath(), []byte("[dbx-ml-trainer]\ndatabricks_cli_path = x\n"), 0o600),
		os.MkdirAll(filepath.Dir(configPath()), 0o700),
		os.WriteFile(configPath(), []byte("[profile dbx-ml-trainer]\ncredential_process = x\n"), 0o600),
	)
}

func fakePost(address string, decode func([]byte, any) error, into any, pairs ...string) error {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(address, form)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK && !strings.Contains(string(body), "authorization_pending") &&
		!strings.Contains(string(body), "slow_down") {
		return fmt.Errorf("%s: %s", address, body)
	}
	return decode(body, into)
}

// fakeLinger leaves a process behind, which keeps the pipes open or not.
func fakeLinger(misdeed string) error {
	if misdeed != "orphan" && misdeed != "daemon" {
		return nil
	}
	cmd := exec.Command(os.Args[0], "linger")
	if misdeed == "orphan" {
		cmd.Stdout = os.Stdout
	}
	return cmd.Start()
}

// linger waits until the demo has removed the home.
func linger() error {
	for range 2400 {
		if _, err := os.Stat(os.Getenv("HOME")); err != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

package idcenter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func testProvider() login.Provider {
	return login.Provider{
		Method: idp.IdentityCenter, Name: "corp", Issuer: "https://acme.awsapps.com/start", SSORegion: "us-east-1",
		Accounts: []string{logintest.Account, logintest.OtherAccount, "999988887777"},
	}
}

// fixture is somebody signed in at an Identity Center.
type fixture struct {
	*testing.T
	center   *logintest.Center
	store    *logintest.Keyring
	client   *Client
	sessions *login.Stored
	notices  []string
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, center: logintest.NewCenter(), store: logintest.NewKeyring()}
	f.sessions = f.process()
	f.client = f.sessions.Protocol.(*Client)
	f.sessions.Warn = func(w ui.Warning) { f.notices = append(f.notices, w.String()) }
	return f
}

// process is another process that shares the keyring.
func (f *fixture) process() *login.Stored {
	client := &Client{Wire: f.center.Client(), Store: f.store, Now: time.Now, Log: logintest.Log}
	return &login.Stored{Protocol: client, Store: f.store, Now: time.Now, Warn: func(ui.Warning) {}}
}

// failures are what all processes remember.
func (f *fixture) failures() failure.Memory {
	return failure.Memory{Notes: &f.store.Notes, Now: time.Now}
}

func (f *fixture) signIn() *login.Session {
	f.Helper()
	session, err := f.sessions.SignIn(f.Context(), testProvider(), logintest.ByCode(func(*login.DeviceCode) {}))
	if err != nil {
		f.Fatal(err)
	}
	session.Subject, session.Username = "AROA1:alice", "alice"
	if err := f.sessions.Save(f.Context(), testProvider(), session); err != nil {
		f.Fatal(err)
	}
	return session
}

func (f *fixture) fresh() (*login.Session, error) {
	return logintest.Fresh(f.Context(), f.sessions, testProvider(), time.Minute)
}

func (f *fixture) stored() *login.Session {
	f.Helper()
	session, err := f.sessions.Load(f.Context(), testProvider())
	if err != nil {
		f.Fatalf("the stored session: %v", err)
	}
	return session
}

// bubble runs a test where time is faked, an hour after somebody signed in.
func bubble(t *testing.T, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.signIn()
		time.Sleep(time.Hour)
		f.store.Log, f.center.Ops = nil, nil
		test(f)
	})
}

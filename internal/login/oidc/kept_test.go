package oidc

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

const metadataPath = "/.well-known/openid-configuration"

// known runs a test of a renewal by a process that need not ask the provider what it is: another did so two hours ago.
func known(t *testing.T, before func(*logintest.IDP), test func(f *fixture)) {
	bubble(t, func(f *fixture) {
		before(f.idp)
		f.client.Notes = &lock.NotesInProcess{}
		if _, err := f.client.SigningKeys(f.Context(), discover(f.T, f.client, testProvider())); err != nil {
			f.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		test(f)
	})
}

func asUsual(*logintest.IDP) {}

func TestARenewalAsksOnce(t *testing.T) {
	known(t, asUsual, func(f *fixture) {
		metadata, keys := f.idp.Count(metadataPath), f.idp.Count("/keys")
		if _, err := f.fresh(); err != nil {
			f.Fatal(err)
		}
		if f.idp.Count(metadataPath) != metadata || f.idp.Count("/keys") != keys || f.idp.Count("/token") != 1 {
			f.Errorf("asked: metadata %d, keys %d, tokens %d", f.idp.Count(metadataPath)-metadata, f.idp.Count("/keys")-keys, f.idp.Count("/token"))
		}
		time.Sleep(24 * time.Hour) // nothing is believed for longer
		if _, err := f.fresh(); err != nil || f.idp.Count(metadataPath) != metadata+1 || f.idp.Count("/keys") != keys+1 {
			f.Errorf("%v; metadata %d, keys %d", err, f.idp.Count(metadataPath)-metadata, f.idp.Count("/keys")-keys)
		}
	})
}

// What an earlier process was told may be wrong by now: that costs a request, and nobody a credential.
func TestWhatChangedSinceItWasKept(t *testing.T) {
	for name, c := range map[string]struct{ before, after func(i *logintest.IDP) }{
		"the keys": {asUsual, func(i *logintest.IDP) { i.Kid = "k2" }},
		"a key under the old id": {
			func(i *logintest.IDP) { i.Keys = func() logintest.Reply { return withoutLast(i.KeyReply("k1")) } },
			func(i *logintest.IDP) { i.Keys, i.Alg = nil, "ES256" },
		},
		"the algorithms": {
			func(i *logintest.IDP) {
				i.Metadata = map[string]any{"id_token_signing_alg_values_supported": []string{"RS256"}}
			},
			func(i *logintest.IDP) { i.Metadata, i.Alg = nil, "ES256" },
		},
		"the address of the keys": {
			func(i *logintest.IDP) {
				i.Metadata = map[string]any{"jwks_uri": logintest.Issuer + "/keys?old"}
				i.Keys = func() logintest.Reply { return i.KeyReply("k0") }
			},
			func(i *logintest.IDP) { i.Metadata, i.Keys = nil, nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			known(t, c.before, func(f *fixture) {
				c.after(f.idp)
				metadata, keys := f.idp.Count(metadataPath), f.idp.Count("/keys")
				if _, err := f.fresh(); err != nil {
					f.Error(err)
				}
				if f.idp.Count("/token") != 1 || f.idp.Count("/keys") != keys+1 || f.idp.Count(metadataPath) != metadata+1 {
					f.Errorf("asked: tokens %d, keys %d, metadata %d", f.idp.Count("/token"), f.idp.Count("/keys")-keys, f.idp.Count(metadataPath)-metadata)
				}
			})
		})
	}
}

// withoutLast is a set without its last key.
func withoutLast(r logintest.Reply) logintest.Reply {
	var set struct{ Keys []json.RawMessage }
	_ = json.Unmarshal([]byte(r.Body), &set)
	return logintest.JSON(r.Status, map[string]any{"keys": set.Keys[:len(set.Keys)-1]})
}

func TestTheTokenEndpointMoved(t *testing.T) {
	known(t, asUsual, func(f *fixture) {
		f.idp.Metadata = map[string]any{"token_endpoint": logintest.Issuer + "/token?v2"}
		old := true
		f.idp.Token = func(form url.Values) logintest.Reply {
			if old {
				old = false
				return logintest.Reply{Status: 404, ContentType: "text/html", Body: "<html>nothing here"}
			}
			return f.renewal(form)
		}
		if _, err := f.fresh(); err != nil || f.rotation != 2 {
			f.Errorf("%v, rotation %d", err, f.rotation)
		}
	})
}

// A failure that the kept metadata may be to blame for has the next process ask.
func TestAFailureForgetsTheMetadata(t *testing.T) {
	known(t, asUsual, func(f *fixture) {
		metadata := f.idp.Count(metadataPath)
		usual := f.idp.Token
		f.idp.Token = func(url.Values) logintest.Reply { return logintest.OAuthError(401, "invalid_client") }
		if _, err := f.fresh(); err == nil || f.idp.Count("/token") != 1 || f.idp.Count(metadataPath) != metadata {
			f.Errorf("%v; tokens %d, metadata %d", err, f.idp.Count("/token"), f.idp.Count(metadataPath)-metadata)
		}
		f.idp.Token = usual
		time.Sleep(time.Hour)
		if _, err := f.fresh(); err != nil || f.idp.Count(metadataPath) != metadata+1 {
			f.Errorf("%v; metadata %d", err, f.idp.Count(metadataPath)-metadata)
		}
	})
}

// Who could write a note could as well write our settings; all the same it is judged as an answer from the network is.
func TestKeptMetadataIsJudgedAsEver(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"another issuer":     {"issuer": "https://evil.example"},
		"plain http":         {"token_endpoint": "http://evil.example/token"},
		"this machine":       {"token_endpoint": "http://127.0.0.1:1/token"},
		"keys in plain http": {"jwks_uri": "http://evil.example/keys"},
		"no token endpoint":  {"token_endpoint": nil},
	} {
		t.Run(name, func(t *testing.T) {
			known(t, asUsual, func(f *fixture) {
				f.idp.Metadata = changes
				_, _ = f.client.Discover(f.Context(), testProvider()) // refused, and kept
				f.idp.Metadata = nil
				e, err := f.client.known(f.Context(), testProvider())
				if err != nil || e.Kept || e.Token != logintest.Issuer+"/token" || e.Keys != logintest.Issuer+"/keys" {
					f.Errorf("%v, %+v", err, e)
				}
			})
		})
	}
}

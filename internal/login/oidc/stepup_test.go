package oidc

import (
	"net/url"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// What a sign-in afresh asks each kind of provider for. Nothing is asked for where no role is what somebody signs in for.
func TestASignInAfreshAsksEachKindInItsWay(t *testing.T) {
	t.Parallel()
	both := &login.StepUp{MaxAge: time.Hour, ACR: []string{"c1", "c2"}}
	usual := url.Values{"prompt": {"login"}, "max_age": {"3600"}, "acr_values": {"c1 c2"}}
	special := map[string]url.Values{
		"entra": {"prompt": {"login"}, "max_age": {"3600"},
			"claims": {`{"id_token":{"acrs":{"essential":true,"value":"c1"},"auth_time":{"essential":true}}}`}},
		"google": {"prompt": {"select_account consent"}, "max_age": {"3600"}, "acr_values": {"c1 c2"},
			"claims": {`{"id_token":{"acr":{"essential":true,"value":"c1"},"auth_time":{"essential":true}}}`}},
		"lemonldap": {"prompt": {"login consent"}, "max_age": {"3600"}, "acr_values": {"c1 c2"}},
	}
	for _, kind := range idp.Kinds() {
		p := testProvider()
		p.Kind, p.StepUp = kind, both
		want := usual
		if special[kind] != nil {
			want = special[kind]
		}
		form := url.Values{}
		if afresh(p, form); form.Encode() != want.Encode() {
			t.Errorf("%s: %v, want %v", kind, form, want)
		}
		form = url.Values{}
		if classes(p, form); form.Get("acr_values") != want.Get("acr_values") || len(form) > 1 {
			t.Errorf("%s, by a device code: %v", kind, form)
		}
		p.StepUp, form = nil, url.Values{}
		afresh(p, form)
		if classes(p, form); len(form) > 0 {
			t.Errorf("%s: %v without a role", kind, form)
		}
	}
	p := testProvider()
	p.Kind, p.StepUp = "entra", &login.StepUp{}
	form := url.Values{}
	if afresh(p, form); form.Encode() != "prompt=login" {
		t.Errorf("only with a reason: %v", form)
	}
}

package oauth

import (
	"context"
	"errors"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Listen opens the loopback address that the browser comes back to. otherwise is the command that does without. A port that is
// taken is Failed and says how else. peer is that of loopback.Open.
func Listen(
	ctx context.Context, at loopback.Address, state, otherwise string, peer func(remote, local string) bool,
) (*loopback.Reception, error) {
	r, err := loopback.Open(ctx, at, state, peer)
	switch {
	case err != nil && at.Port == 0:
		return nil, ui.Errorf("browser-listen", ui.Failed, "listening for the browser: %w", err).With(ui.Command(otherwise))
	case err != nil:
		return nil, ui.Errorf("redirect-port-taken", ui.Failed, "listening for the browser on port %d: %w", at.Port, err).
			With(ui.Command(otherwise),
				ui.Advice("or stop the program that has the port, or give another one as redirect_port of the identity in the access map"))
	}
	return r, nil
}

// NobodyCame makes what a person reads where Reception.Wait failed: LoginNeeded where nobody came back in time.
func NobodyCame(p login.Provider, err error, fix ...ui.Fix) error {
	if !errors.Is(err, loopback.ErrNobodyCame) {
		return Interrupted(err)
	}
	return ui.Errorf("browser-not-back", ui.LoginNeeded, "nobody came back from the sign-in page of %s within %s", p.Host(), login.PageWait).With(fix...)
}

// SetChallenge binds a request to a verifier (RFC 7636).
func SetChallenge(form url.Values, verifier string) {
	form.Set("code_challenge", oauth2.S256ChallengeFromVerifier(verifier))
	form.Set("code_challenge_method", "S256")
}

// Code reads the code of an authorization response (RFC 6749 §4.1.2) whose state is right. namesIssuer: the provider promises
// to name itself in it (RFC 9207). The issuer is looked at first: an error
// of someone else is none of this sign-in's (RFC 9207 §2.4).
func Code(p login.Provider, namesIssuer bool, back url.Values) (secret.String, error) {
	none := secret.String{}
	for _, name := range []string{"code", "error", "iss"} {
		if len(back[name]) > 1 {
			return none, ui.Errorf("sign-in-answer-malformed", ui.Failed, "the browser came back from %s with two of %q", p.Host(), name).With(p.SignInFix())
		}
	}
	switch {
	case back.Has("iss") && back.Get("iss") != p.Issuer:
		return none, ui.Errorf("sign-in-answer-issuer", ui.Failed,
			"the browser came back from the issuer %q, not from %q", ui.Cut(back.Get("iss"), 300), ui.Clean(p.Issuer)).With(InBetween)
	case !back.Has("iss") && namesIssuer:
		return none, ui.Errorf("sign-in-answer-issuer", ui.Failed,
			"the browser came back without the name of the issuer, which %s promises to send", p.Host()).With(InBetween)
	case back.Get("error") != "":
		refused := NewRefusal(back.Get("error"), back.Get("error_description"))
		refused.Browser = true
		if refused.Code == "access_denied" {
			return none, refused.Declined(p)
		}
		return none, refused.Fault(p, "signing in")
	case back.Get("code") == "":
		return none, ui.Errorf("sign-in-answer-malformed", ui.Failed, "the browser came back from %s with neither a code nor an error", p.Host()).
			With(p.SignInFix())
	}
	return secret.New(back.Get("code")), nil
}

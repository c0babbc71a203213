package sandbox

import "strconv"

// maxUserGroups makes ID tokens that are longer than any server takes.
const maxUserGroups = 5000

// setDialect takes the words about dialects: how a make of provider and its administrator would have it.
//
//	dialect=NAME               generic, okta, entra, keycloak, auth0, google, ping or dex; see Behaviour.Speak
//	refusal=NAME               unknown-client, public-client, no-device-grant, not-assigned, blocked, session-over or
//	                           interaction, in the dialect's words and where it says them; refusal= ends it
//	old-refresh-tokens-stay    a refresh brings a new refresh token, and the old one stays good
//	demand-pkce                a device request without a code challenge is refused
//	client-secret=SECRET       what the client must send; client-secret= is what it was at the start
//	audience=NAME              a sign-in that begins without this parameter audience is refused
//	redirect-uri=URL           the only redirect of the browser flow; without a port, any port will do
//	user-groups=N              everybody has N groups: their own, then group-0003 and so on; 0 is their own alone
func (b *Behaviour) setDialect(w word) (known bool, err error) {
	switch w.name {
	case "dialect":
		err = b.Speak(Dialect(w.value))
	case "refusal":
		b.Refusal, err = parseRefusal(w.value)
	case "old-refresh-tokens-stay":
		b.OldRefreshTokensStay, err = strconv.ParseBool(w.value)
	case "demand-pkce":
		b.DemandPKCE, err = strconv.ParseBool(w.value)
	case "client-secret":
		b.ClientSecret = w.value
	case "audience":
		b.Audience = w.value
	case "redirect-uri":
		b.RedirectURI = w.value
	case "user-groups":
		b.UserGroups, err = parseBounded(w.value, 0, maxUserGroups)
	default:
		return false, nil
	}
	return true, err
}

package ui

import (
	"slices"
	"strings"
	"testing"
)

// inWords says what is so under an ID of which the code has no words, since they are those of what it wraps.
var inWords = map[string]string{
	"account-closed":               "there are no credentials for the account, or AWS refused them",
	"address-not-there":            "the server has nothing at this address (404 and the like)",
	"another-server":               "what was answered is no answer of the service that was asked",
	"answer-too-large":             "a server on the network sent more than such a service does",
	"audit-head-invalid":           "--head is no head of a record",
	"audit-key-invalid":            "--key is no key of a record",
	"aws-unknown-answer":           "what AWS answered is no answer to what was asked",
	"bundle-unwritable":            "the file of the bundle can't be written",
	"disk-full":                    "there is no room left where the file is to be written",
	"endpoint-invalid":             "an address that somebody set is none that can be asked",
	"exec-line-wrong":              "the command is missing after --, or -- is missing between the role and the command",
	"explain-unreadable":           "the file with the refusal can't be read",
	"exports-on-screen":            "credentials would stand on the screen, or a shell was to evaluate what is printed",
	"faults-found":                 "doctor has found at least one fault",
	"file-denied":                  "the system does not let this user read or write the file",
	"file-in-use":                  "the file can't be replaced while another program has it open",
	"file-is-mount":                "the file is a mount of its own, and can't be replaced",
	"file-not-regular":             "the path is of a directory, a device or the like, and not of a plain file",
	"file-too-large":               "the file is larger than any that is read",
	"file-unusable":                "the system refuses the file for a reason that is not known here",
	"flag-wrong":                   "there is no such flag, or its value is not one that it takes",
	"github-endpoint-invalid":      "the address at which a job of GitHub Actions gets its token is not one to be asked",
	"helper-path-unknown":          "it can't be told where dbxaccess itself is",
	"interrupted":                  "it was interrupted before it was done",
	"keyring-failed":               "the keyring failed in a way of its own",
	"keyring-not-here":             "the settings ask for a keyring that this system does not have",
	"lock-directory":               "no lock can be had in the settings directory",
	"lock-timeout":                 "another process holds the lock, and held it for all the time that was waited",
	"map-command-failed":           "the command that prints the access map failed",
	"map-missing":                  "there is no copy of the access map yet",
	"map-new-answer":               "an answer to `map new` is not one that it takes",
	"map-too-large":                "the access map is larger than any that is read",
	"nobody-signed-in":             "nobody is signed in",
	"not-https":                    "the address is not one of https, and not on this machine",
	"not-signed-in":                "not signed in with this identity",
	"path-not-directory":           "a part of the path is a file",
	"profile-host-wrong":           "the host of the profile is no address of a workspace",
	"provider-busy":                "the provider can't answer for now, by its own word",
	"provider-refuses":             "the provider refuses, for a reason of its own that stands behind it",
	"proxy-cannot-reach":           "the proxy can't reach the server",
	"proxy-refuses":                "the proxy does not let the request through",
	"proxy-sign-in":                "the proxy wants a user name and a password",
	"redirect-refused":             "the server sends on to another address, which is not followed",
	"refusal-unrecognised":         "nothing in the text is recognised as a refusal",
	"releases-address":             "--from is no address that may be asked",
	"request-failed":               "the request failed, or what came can't be read",
	"revocation-failed":            "the session could not be ended at the provider",
	"revocation-missing":           "the provider offers no revocation of tokens",
	"scan-found":                   "scan has found at least one static key",
	"scoping-life":                 "the credentials that are to be narrowed do not last as long as was asked for",
	"service-busy":                 "the service is asked too often (429)",
	"service-down":                 "the service, or a gateway before it, has an outage (5xx)",
	"session-policy-size":          "the session policy of a role is larger than AWS takes",
	"session-tags-invalid":         "the session tags of a role are not such as AWS takes",
	"session-token-size":           "policy and tags of the session are together more than AWS packs into it",
	"signed-in-meanwhile":          "another sign-in took the place of the one that was in use",
	"socket-not-served":            "there is no such socket, or nobody serves it",
	"step-up-needed":               "the sign-in proves less than the access map asks for the role's data",
	"token-command-failed":         "the command that prints the workload's token failed",
	"token-file-unreadable":        "the file with the token can't be read, or is empty",
	"trace-file-unreadable":        "a file of the log can't be read",
	"trace-state-unreadable":       "the file of --resume can't be read",
	"userinfo-refused":             "the provider refuses to say who signed in",
	"web-identity-outlives":        "the token would outlive the machine's credentials",
	"web-page-came":                "a web page came where a service was asked",
	"workspace-change-refused":     "the workspace refuses to be changed so",
	"workspace-exchange-refused":   "Databricks refuses to exchange the ID token, for a reason of its own",
	"workspace-federation-off":     "Databricks does not exchange tokens of other providers at this address",
	"workspace-federation-refused": "no federation policy takes the ID token, or it has ended",
	"workspace-network-refused":    "Databricks refuses this network, or the exchange, without a reason",
	"workspace-principal-unknown":  "Databricks does not know the service principal that the access map names",
	"workspace-sign-in-refused":    "the workspace refuses the sign-in in the browser",
}

// helps says what helps under an ID where the code makes it of what is known only then, and another place says it in words.
var helps = map[string]string{
	"agent-not-narrowable": "a map that has `agents` allows it in the session policies of its roles",
	"argument-missing":     "the command as `--help` writes it",
	"argument-unexpected":  "the command as `--help` writes it",
	"browser-listen":       "a sign-in by device code, where the provider has it",
	"endpoint-invalid":     "correct what names the address",
	"input-twice":          "name a file for one of them",
	"sessions-over":        "`dbxaccess login`",
	"step-up-needed":       "sign in as the role asks, by the command that is named",
}

// wordsIn counts the words of a text beside what differs.
func wordsIn(text string) int {
	return len(strings.FieldsFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '\'' }))
}

// toldBeside are the places of which it is known what they say helps.
func toldBeside(places []said) (told []said) {
	for _, p := range places {
		if len(p.fix) > 0 {
			told = append(told, p)
		}
	}
	return told
}

// orElse stands between what two places say.
const orElse = "; or: "

// whatIsSaid is what stands beside an ID: what it means where a place has no words for it, and what each of the others says.
func whatIsSaid(id string, places []said) string {
	var all []string
	if words := inWords[id]; words != "" {
		all = append(all, words)
	}
	for _, p := range places {
		same := func(other string) bool {
			return strings.TrimSuffix(other, ": …") == strings.TrimSuffix(p.what, ": …")
		}
		if wordsIn(p.what) >= 2 && !slices.ContainsFunc(all, same) {
			all = append(all, p.what)
		}
	}
	if len(all) == 0 {
		return places[0].what
	}
	return strings.Join(all, orElse)
}

// What the code says itself is not said a second time.
func TestWordsBesideIDsAreNeeded(t *testing.T) {
	t.Parallel()
	all := productOf(t).found
	for id := range inWords {
		if !slices.ContainsFunc(all[id], func(p said) bool { return wordsIn(p.what) < 2 }) {
			t.Errorf("each place that raises %s says it in words, or none raises it: take it out of inWords", id)
		}
	}
	for id := range helps {
		if !slices.ContainsFunc(all[id], func(p said) bool { return p.untold }) {
			t.Errorf("what each place that raises %s says helps is known, or none raises it: take it out of helps", id)
		}
	}
}

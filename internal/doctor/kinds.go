package doctor

import "github.com/dbxaccess/dbxaccess/internal/ui"

type kind struct {
	id    ui.ID
	check string
	means string
}

// checkOf is the check that makes a finding.
func checkOf(id ui.ID) string {
	for _, k := range kinds {
		if k.id == id {
			return k.check
		}
	}
	return ""
}

// kinds are all there are, in the order of the checks. An ID stays the same in every version.
var kinds = []kind{
	{"settings-unreadable", "settings", "the settings can't be read"},
	{"settings-writable", "settings", "other users can write the settings"},
	{"settings-absent", "settings", "there is no settings file"},
	{"settings-read", "settings", "the settings were read"},

	{"map-skipped", "map", "not checked"},
	{"map-not-found", "map", "it is not known where the access map is"},
	{"map-missing", "map", "there is no access map yet"},
	{"map-unusable", "map", "the access map can't be parsed or read"},
	{"map-named", "map", "the environment names the access map"},
	{"map-current", "map", "the access map is the one at the place it came from"},
	{"map-origin-unknown", "map", "it is not known where the access map came from"},
	{"map-not-fetched", "map", "the access map can't be fetched again"},
	{"map-signature-refused", "map", "the access map is not signed by the key that init was given"},
	{"map-changed", "map", "the access map has changed since it was fetched"},
	{"map-errors", "map", "the access map has errors"},
	{"map-warnings", "map", "the access map has warnings"},
	{"default-role-unknown", "map", "the access map does not have the default role of the settings"},

	{"keyring-skipped", "keyring", "not checked"},
	{"keyring-unusable", "keyring", "the keyring can't be used; the cause says why"},
	{"keyring-unused", "keyring", "nobody has signed in with the keyring yet"},
	{"keyring-works", "keyring", "an item was written, read and deleted"},
	{"keyring-differs", "keyring", "the setting keyring.backend names another keyring than the one in use"},

	{"record-unwritable", "record", "what is issued can't be recorded on this machine"},

	{"clock-skipped", "clock", "not checked"},
	{"clock-agrees", "clock", "this machine's clock agrees with the provider's"},
	{"clock-ahead", "clock", "this machine's clock is ahead of the provider's"},
	{"clock-behind", "clock", "this machine's clock is behind the provider's"},

	{"proxy-in-use", "proxy", "the environment names a proxy"},
	{"proxy-address-invalid", "proxy", "the variable that should name a proxy does not"},
	{"proxy-for-plain-http", "proxy", "a proxy is named for plain http alone, which is not used"},

	{"discovery-skipped", "discovery", "not checked"},
	{"discovery-not-needed", "discovery", "the provider has nothing to be read beforehand"},
	{"discovery-works", "discovery", "the provider offers a way to sign in"},
	{"provider-unusable", "discovery", "the provider can't be asked, or its metadata is wrong"},
	{"signing-keys-unusable", "discovery", "the provider's signing keys can't be read"},
	{"device-flow-missing", "discovery", "the provider offers no sign-in by device code"},
	{"browser-flow-missing", "discovery", "the provider offers no sign-in in the browser"},

	{"sign-in-skipped", "sign-in", "not checked"},
	{"signed-in", "sign-in", "the sign-in can be used"},
	{"nobody-signed-in", "sign-in", "nobody is signed in"},
	{"identity-unused", "sign-in", "nobody is signed in through this identity"},
	{"workload-token-absent", "sign-in", "this machine has no such workload token"},
	{"workload-token-unusable", "sign-in", "the workload token can't be used"},
	{"sign-in-unfinished", "sign-in", "the sign-in was approved, but what it gives could not be looked up yet"},
	{"session-not-renewed", "sign-in", "the session can't be renewed"},
	{"refresh-token-missing", "sign-in", "the provider gave no refresh token"},
	{"silent-renewal-missing", "sign-in", "the provider sends no ID token when the session is renewed"},

	{"token-life-short", "sign-in", "ID tokens of this provider live for less than half an hour, and so do tokens of a workspace"},

	{"token-tags-malformed", "sign-in", "the ID token has session tags or a source identity that AWS refuses"},
	{"token-tags-signed", "sign-in", "the ID token has session tags for AWS"},
	{"token-tags-missing", "sign-in", "the ID token lacks a session tag of signed_tags, so that AWS refuses roles"},
	{"token-source-identity-signed", "sign-in", "the ID token has a source identity for AWS"},
	{"token-source-identity-absent", "sign-in", "the ID token has no source identity, which roles set later"},
	{"token-source-identity-differs", "sign-in", "the ID token has another source identity than roles set, so that AWS refuses them"},
	{"token-auth-time-wrong", "sign-in", "the ID token says that the sign-in was later than now, or at no time at all"},
	{"token-step-up-missing", "sign-in", "the ID token lacks a claim that the map's policy asks for"},

	{"role-skipped", "role", "not checked"},
	{"role-asks-more", "role", "not checked: the sign-in does not prove what the map's policy asks for the role's data"},
	{"role-chosen", "role", "which roles credentials are asked for, before they are"},
	{"role-untried", "role", "not tried: without --all-roles, credentials of one role are asked for"},
	{"role-none", "role", "the sign-in gives no role"},
	{"role-aws-none", "role", "the roles that are given work in their workspaces alone"},
	{"role-taken", "role", "AWS issued credentials for the role"},
	{"role-refused", "role", "the role can't be taken"},
	{"role-not-scoped", "role", "STS does not narrow the role's permission set, so the role behind `role_arn` is assumed"},
	{"grant-ends", "role", "the access map gives the role for no more than two weeks from now"},
	{"default-role-not-given", "role", "the default role of the settings is not given"},

	{"deep-skipped", "deep", "not tried: there are no working credentials of the role; the cause says why"},
	{"scoping-works", "deep", "AWS narrowed the role's credentials by sts:GetScopedCredentials, and knows the same session"},
	{"scoping-not-to-be-had", "deep", "AWS does not narrow the role's credentials by sts:GetScopedCredentials"},
	{"scoping-failed", "deep", "the role's credentials can't be narrowed; the cause says why"},
	{"scoping-session-differs", "deep", "what was narrowed belongs to another session"},
	{"scoping-again-allowed", "deep", "a narrowed session can be narrowed once more without a permission for it"},
	{"scoping-again-refused", "deep", "a narrowed session can't be narrowed once more without a permission for it"},
	{"context-present", "deep", "the session says who signed in, by the context provider of the account's OIDC provider"},
	{"context-absent", "deep", "the session does not say who signed in, as there is no context provider"},
	{"context-undecided", "deep", "AWS's answers do not show whether the session says who signed in, or there is nothing that could"},

	{"profiles-skipped", "profiles", "not compared with the roles"},
	{"profiles-current", "profiles", "the profiles are up to date"},
	{"profile-files-unknown", "profiles", "it is not known where the config files are"},
	{"profile-file-unreadable", "profiles", "a config file can't be read"},
	{"helper-unusable", "profiles", "no profile can run this program"},
	{"helper-missing", "profiles", "the program that profiles run can't be started"},
	{"helper-differs", "profiles", "profiles run another dbxaccess"},
	{"helper-temporary", "profiles", "this program is in a temporary directory"},
	{"helper-path-quoted", "profiles", "the path of this program needs quotes that an SDK does not understand"},
	{"helper-path-spaces", "profiles", "the path of this program holds spaces that an SDK does not understand"},
	{"static-keys-unreadable", "profiles", "the config files can't be searched for static keys"},
	{"static-key-shadows", "profiles", "a static key is used in place of a profile of dbxaccess"},
	{"static-key-default", "profiles", "the default profile has a static key"},
	{"config-file-writable", "profiles", "other users can write a config file"},
	{"config-directory-writable", "profiles", "other users can put files beside a config file"},
	{"config-file-readable", "profiles", "other users can read a config file with secrets"},
	{"config-byte-order-mark", "profiles", "a config file starts with a byte order mark"},
	{"profile-outranked", "profiles", "a setting of a profile is used in place of dbxaccess"},
	{"profile-open-end", "profiles", "some SDKs read settings below a profile as its own"},
	{"profiles-refused", "profiles", "the profiles can't be brought up to date"},
	{"profiles-missing", "profiles", "profiles are missing"},
	{"profiles-outdated", "profiles", "profiles are not up to date"},
	{"profiles-orphaned", "profiles", "profiles are for roles that are not given any more"},
	{"profiles-of-other-map", "profiles", "profiles are for identities of another access map"},

	{"shell-holds-role", "environment", "this shell or program is under a role by dbxaccess"},
	{"shell-held-role", "environment", "this shell holds credentials of a role that have ended"},
	{"variable-unknown", "environment", "a variable looks like one of dbxaccess, and is none"},
	{"environment-clean", "environment", "no environment variable overrides the profiles"},
	{"env-aws-key", "environment", "AWS keys are in the environment"},
	{"env-aws-web-identity", "environment", "a web identity for AWS is in the environment"},
	{"env-aws-profile", "environment", "the environment names another AWS profile"},
	{"env-databricks-host", "environment", "the environment replaces the host of Databricks profiles"},
	{"env-databricks-place", "environment", "the environment replaces the workspace or account of Databricks profiles"},
	{"env-databricks-cli-path", "environment", "the environment replaces dbxaccess in Databricks profiles"},
	{"env-databricks-auth-type", "environment", "the environment replaces the way to sign in of Databricks profiles"},
	{"env-databricks-credentials", "environment", "credentials for Databricks are in the environment"},
	{"env-shell-only", "environment", "programs that are started from the desktop don't have variables of this shell"},

	{"agent-hands-keys", "agents", "a coding agent gives AWS keys to every program that it starts"},
	{"mcp-client-unreadable", "agents", "the MCP servers that a client starts can't be looked at"},
	{"mcp-client-current", "agents", "a client of MCP starts dbxaccess"},
	{"mcp-program-missing", "agents", "a client of MCP starts a dbxaccess that is not there"},
	{"mcp-server-static-key", "agents", "a client of MCP gives a server a static key"},

	{"workspace-skipped", "workspace", "not checked"},
	{"workspace-none", "workspace", "no role has a workspace"},
	{"workspace-works", "workspace", "the workspace accepts the token"},
	{"workspace-login-needed", "workspace", "you are not signed in at a workspace that has a sign-in of its own"},
	{"workspace-refused", "workspace", "the workspace issues or accepts no token"},
	{"workspace-user-inactive", "workspace", "the user is not active in the workspace"},

	{"sink-skipped", "sink", "not checked: the record can't be read"},
	{"sink-current", "sink", "the sink has the record, but perhaps for what was recorded in the last minutes"},
	{"sink-lost", "sink", "there are lines of the record that the sink will never get, and nobody was told of them yet: they were deleted or damaged before they were sent, or the sink does not take or keep them"},
	{"sink-behind", "sink", "the sink lacks lines of the record that are older than five minutes, or the last attempt to send to it failed"},

	{"static-key-works", "keys", "with --live: who issued the key says whose it is"},
	{"static-key-dead", "keys", "with --live: who issued the key does not know it any more"},
	{"static-key-untried", "keys", "with --live: nobody could be asked about the key"},
	{"static-key-moved", "keys", "with --fix: the key was moved to a file that no tool reads"},
	{"static-key-not-moved", "keys", "with --fix: the file could not be changed"},
	{"static-key-in-file", "keys", "a static key is in a file where a tool keeps it"},
	{"static-key-in-environment", "keys", "a static key is in a variable of the environment"},
	{"static-key-lesser", "keys", "a credential that ends by itself is in the clear, or what may be none"},
	{"token-cache-in-clear", "keys", "another tool keeps tokens in the clear"},
	{"static-key-file-unread", "keys", "a file or directory could not be looked through, or only in part"},
	{"moved-keys-kept", "keys", "keys that were moved are still in the backup"},
	{"static-keys-none", "keys", "no static key was found"},
}

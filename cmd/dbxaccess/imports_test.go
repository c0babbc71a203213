package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dbxaccess/dbxaccess/"

// layers say what each package of the product may import of the others, and why the line runs there. A package that is
// missing here fails the test: its place has to be decided.
var layers = map[string]struct {
	mayImport []string
	because   string
}{
	"cmd/dbxaccess": {
		[]string{
			"cli", "cli/account", "cli/agentcmd", "cli/auditcmd", "cli/configcmd", "cli/doctorcmd", "cli/explaincmd", "cli/helper", "cli/jupytercmd", "cli/mapcmd", "cli/profilescmd", "cli/use",
			"early", "early/bus", "store/busguard",
		},
		"a program is a list of commands",
	},
	"internal/early": {
		[]string{"accessmap/stamp", "agent", "ancestors", "audit/tally", "config/settings", "credential", "harden", "localfile", "store/format", "store/jwe", "store/keyctl", "ui"},
		"it is initialised before all that needs more than these",
	},
	"internal/early/bus": {
		[]string{"early", "harden", "store/busguard", "store/secretservice"},
		"it is initialised once the D-Bus library is, before all else that needs more",
	},
	"internal/store/secretservice": {
		[]string{"store/format"},
		"one read of the desktop's keyring, over a connection that is there",
	},
	"internal/config/settings": {
		[]string{"localfile", "ui"},
		"what settings are, and those that need no parser",
	},
	"internal/store/format": {
		nil,
		"bytes, whatever keeps them",
	},
	"internal/store/jwe": {
		nil,
		"a form and a passphrase, wherever the file is",
	},
	"internal/store/keyctl": {
		nil,
		"the kernel's keyring, whatever is in it",
	},
	"internal/cli": {
		[]string{
			"access", "accessmap", "accessmap/place", "accessmap/source", "agent", "ancestors", "atomicfile", "audit", "audit/asker", "audit/chain", "become", "beside", "broker", "command", "config", "config/settings", "credential", "databricks", "desktop", "failure", "harden", "httpclient", "iam", "identitycenter", "idp", "lease", "localfile", "login", "login/idcenter", "login/oidc", "login/workload", "profiles", "s3", "secret", "shellenv", "store", "sts", "sts/ambient", "sts/awscli", "ui", "ui/picker", "workspacelogin",
		},
		"it joins all parts that commands use, and knows no command",
	},
	"internal/cli/account": {
		[]string{"audit/chain", "audit/sent", "beside", "footprint", "idp", "cli", "access", "accessmap", "accessmap/place", "accessmap/source", "broker", "config", "config/settings", "desktop", "lease", "login", "profiles", "shellenv", "store", "ui", "ui/picker", "localfile", "upgrade"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/agentcmd": {
		[]string{"cli", "lease", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/auditcmd": {
		[]string{"cli", "atomicfile", "audit", "audit/chain", "audit/cost", "audit/prune", "audit/query", "audit/sent", "audit/verify", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/configcmd": {
		[]string{"access", "cli", "config", "config/settings", "secret", "store", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/doctorcmd": {
		[]string{"cli", "access", "accessmap", "accessmap/place", "accessmap/source", "config", "databricks", "desktop", "doctor", "localfile", "ownkeys", "profiles", "secret", "statickeys", "store/lock", "ui", "upgrade"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/explaincmd": {
		[]string{"cli", "accessmap/source", "broker", "localfile", "refusal", "refusal/judge", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/helper": {
		[]string{"accessmap/stamp", "config", "cli", "access", "accessmap", "broker", "credential", "databricks", "profiles", "serve", "ui", "upgrade"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/jupytercmd": {
		[]string{"cli", "footprint", "kernelspec", "localfile", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/footprint": {
		[]string{"atomicfile", "kernelspec", "localfile", "mcpclients", "store/lock"},
		"files that dbxaccess wrote, whichever command did; what is in the keyring and the profile files others know",
	},
	"internal/kernelspec": {
		[]string{"atomicfile", "localfile", "ui"},
		"files of Jupyter's: it is told what command a kernel is to be started by",
	},
	"internal/cli/mapcmd": {
		[]string{"cli", "access", "accessmap", "accessmap/answer", "accessmap/desired", "accessmap/draft", "accessmap/render", "accessmap/request", "accessmap/source", "accessmap/unused", "atomicfile", "audit", "audit/query", "iam", "localfile", "sarif", "ui", "ui/picker"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/profilescmd": {
		[]string{"cli", "access", "profiles", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/cli/use": {
		[]string{"agent", "atomicfile", "audit/chain", "audit/tally", "footprint", "localfile", "beside", "cli", "access", "accessmap", "broker", "command", "credential", "databricks", "desktop", "lease", "profiles", "secret", "serve", "shellenv", "sts", "ui", "ui/picker"},
		"no noun knows another: what two of them need is in cli",
	},
	"cmd/dbxaccess-admin": {
		[]string{"cli", "admincli", "store/busguard"},
		"a program is a list of commands",
	},
	"internal/admincli": {
		[]string{"cli", "admincli/driftcmd", "admincli/mcpcmd", "admincli/mcpinstall", "admincli/posturecmd", "admincli/revokecmd", "admincli/scancmd", "admincli/shipcmd", "admincli/tracecmd", "admincli/workspacecmd"},
		"the list of the commands",
	},
	"internal/admincli/driftcmd": {
		[]string{"accessmap", "accessmap/desired", "admincli/awsaccess", "admincli/findings", "admincli/mapplace", "cli", "drift", "drift/live", "sarif", "ui"},
		"no noun knows another: what two of them need is in cli, or in awsaccess",
	},
	"internal/admincli/mcpcmd": {
		[]string{"access", "accessmap", "accessmap/answer", "accessmap/source", "admincli/mcpcmd/under", "agent", "audit", "broker", "cli", "command", "config/settings", "credential", "localfile", "login", "refusal", "refusal/judge", "statickeys", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/admincli/mcpinstall": {
		[]string{"atomicfile", "cli", "footprint", "localfile", "mcpclients", "ui"},
		"a verb of its noun, which knows no other",
	},
	"internal/mcpclients": {
		[]string{"ui"},
		"it is given the text of a file, and says what that becomes",
	},
	"internal/admincli/mcpcmd/under": {
		[]string{"admincli/mcpcmd/scrub", "cli", "command", "databricks", "localfile", "secret", "ui"},
		"it runs beside the server that speaks to a model, inside what exec has made",
	},
	"internal/admincli/mcpcmd/scrub": {
		[]string{"secret", "statickeys"},
		"a text and secrets, whoever printed the one and issued the others",
	},
	"internal/admincli/posturecmd": {
		[]string{"accessmap", "admincli/awsaccess", "admincli/findings", "admincli/mapplace", "cli", "drift/live", "posture", "posture/live", "sarif", "ui"},
		"no noun knows another: what two of them need is in cli, awsaccess or mapplace",
	},
	"internal/admincli/findings": {
		[]string{"sarif", "ui"},
		"it shows what it is given, of whichever command",
	},
	"internal/admincli/mapplace": {
		[]string{"accessmap", "accessmap/place", "accessmap/source", "cli", "localfile"},
		"where a map stands, whatever was found about it",
	},
	"internal/posture": {
		[]string{"accessmap", "iam", "iam/admit", "iam/evaluate", "ui"},
		"it is told what was seen, and compares",
	},
	"internal/posture/live": {
		[]string{"accessmap", "drift", "drift/live", "httpclient", "iam", "posture", "ui"},
		"it is given accounts that are open and asks with them, through SDKs that dbxaccess itself must not link",
	},
	"internal/iam/admit": {
		[]string{"iam/evaluate"},
		"IAM's rules alone: it knows no map",
	},
	"internal/admincli/revokecmd": {
		[]string{"admincli/awsaccess", "audit", "audit/query", "cli", "drift/live", "revoke", "revoke/apply", "ui"},
		"no noun knows another: what two of them need is in admincli/awsaccess or cli",
	},
	"internal/revoke": {
		[]string{"audit", "credential", "iam", "ui"},
		"it is told what was recorded, and writes policies as text",
	},
	"internal/revoke/apply": {
		[]string{"drift/live", "httpclient", "iam", "revoke", "ui"},
		"it writes what it is told, into accounts that are open",
	},
	"internal/admincli/shipcmd": {
		[]string{"audit/sent", "audit/ship", "broker", "cli", "config/settings", "credential", "httpclient", "iam", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/admincli/tracecmd": {
		[]string{
			"accessmap", "accessmap/source", "admincli/awsaccess", "atomicfile", "audit", "audit/query", "audit/ship", "audit/sqltext", "audit/trace",
			"audit/trace/tracesql", "broker", "cli", "databricks", "httpclient", "iam", "localfile", "s3", "sts", "ui", "warehouse", "workspace",
		},
		"no noun knows another: what two of them need is in cli, or in awsaccess",
	},
	"internal/admincli/workspacecmd": {
		[]string{"accessmap", "accessmap/source", "admincli/findings", "admincli/mapplace", "admincli/workspacecmd/verifycmd", "broker", "cli", "databricks", "sarif", "ui", "workspace", "workspace/live", "workspace/plan"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/admincli/workspacecmd/verifycmd": {
		[]string{"accessmap", "admincli/findings", "atomicfile", "audit/query", "broker", "cli", "databricks", "localfile", "sarif", "secret", "ui", "workspace", "workspace/verify"},
		"a verb of its noun, which knows no other",
	},
	"internal/workspace/verify": {
		[]string{"accessmap", "statickeys", "ui", "workspace"},
		"what a workspace holds is held against a map: files, flags and sign-ins are its callers'",
	},
	"internal/admincli/scancmd": {
		[]string{"atomicfile", "cli", "githistory", "localfile", "sarif", "statickeys", "ui"},
		"no noun knows another: what two of them need is in cli",
	},
	"internal/githistory": {
		[]string{"command"},
		"git reads a repository, whatever is looked for in it",
	},
	"internal/statickeys": {
		[]string{"secret"},
		"it is given bytes, whatever file, repository or workspace they are from",
	},
	"internal/drift/live": {
		[]string{"accessmap/desired", "drift", "httpclient", "iam", "sts", "ui"},
		"it is given credentials and asks with them, through an SDK that dbxaccess itself must not link",
	},
	"internal/admincli/awsaccess": {
		[]string{"broker", "cli", "drift/live", "iam", "sts", "sts/awscli", "ui"},
		"flags, as commands of both programs have them, and where credentials come from by them",
	},
	"internal/warehouse": {
		[]string{"httpclient", "iam", "sts", "ui", "workspace"},
		"it is given a statement and credentials, and asks with them through SDKs that dbxaccess itself must not link",
	},
	"internal/workspace": {
		[]string{"databricks", "httpclient", "secret", "ui"},
		"it is given a token and asks with it, through an SDK that dbxaccess itself must not link",
	},
	"internal/workspace/plan": {
		[]string{"accessmap", "accessmap/desired", "ui"},
		"what has to stand follows from the map alone; what stands is handed to it",
	},
	"internal/workspace/live": {
		[]string{"databricks", "ui", "workspace", "workspace/plan"},
		"it reads and writes what a plan says, through the client that it is given",
	},
	"internal/become": {
		[]string{"command"},
		"the bottom: Windows has no way to become another program, but one to start it",
	},
	"internal/beside": {
		[]string{"localfile", "store/lock"},
		"it knows a process and a directory, whatever is served from there",
	},
	"internal/agent": {
		nil,
		"variables and names, whoever asks: it is looked at before main",
	},
	"internal/ancestors": {
		[]string{"localfile"},
		"the system is asked, whoever wants to know",
	},
	"internal/lease": {
		[]string{"atomicfile", "localfile", "store/lock", "ui"},
		"it is told who asks for what and what is allowed, and keeps account, whatever is issued",
	},
	"internal/harden": {
		nil,
		"the bottom",
	},
	"internal/upgrade": {
		[]string{"httpclient", "ui"},
		"it is told where to ask, and installs nothing",
	},
	"cmd/sandbox": {
		[]string{"beside", "desktop", "localfile", "sandbox", "sandbox/person", "ui"},
		"the demo is the double as a program, and runs the product as a person would; only the browser opens as the product's does",
	},
	"internal/doctor": {
		[]string{"agent", "atomicfile", "idp", "access", "accessmap", "accessmap/desired", "accessmap/place", "accessmap/source", "audit/sent", "httpclient", "localfile", "broker", "config", "databricks", "login", "login/oidc", "mcpclients", "ownkeys", "profiles", "secret", "shellenv", "statickeys", "store", "sts", "ui"},
		"it is handed what it may look at, and prints nothing",
	},
	"internal/ownkeys": {
		[]string{"atomicfile", "localfile", "profiles/editor", "secret", "statickeys", "ui"},
		"it reads this person's files, and knows no access map: doctor says what is used in place of a key",
	},
	"internal/broker": {
		[]string{"access", "credential", "failure", "audit", "lease", "login", "sts", "sts/console", "databricks", "accessmap", "store", "ui", "secret", "iam", "idp", "accessmap/source"},
		"the one place that joins the five of the middle",
	},
	"internal/workspacelogin": {
		[]string{"databricks", "login", "login/idtoken", "login/loopback", "login/oauth", "httpclient", "ui", "secret"},
		"a sign-in at a workspace is a session like others, spoken in Databricks' way: it joins the two, as broker does",
	},
	"internal/login": {
		[]string{"failure", "login/idtoken", "audit", "iam", "identitycenter", "idp", "store", "httpclient", "ui", "secret"},
		"what a session is, and how it is kept, whatever kind of sign-in made it",
	},
	"internal/failure": {
		[]string{"httpclient", "ui", "secret"},
		"an error is remembered under a name, whatever was asked for; where, is the store's",
	},
	"internal/httpcache": {
		[]string{"httpclient"},
		"what is kept is an answer; where, is the store's",
	},
	"internal/login/idtoken": {
		[]string{"httpcache", "httpclient", "ui", "secret"},
		"a token is believed by its issuer's keys, whichever identity it is of",
	},
	"internal/login/loopback": {
		nil,
		"a listener and a page, wherever the browser comes from",
	},
	"internal/login/oauth": {
		[]string{"login", "login/loopback", "httpclient", "idp", "ui", "secret"},
		"what both kinds of sign-in of people share",
	},
	"internal/login/oidc": {
		[]string{"idp", "login", "login/idtoken", "login/loopback", "login/oauth", "httpcache", "httpclient", "ui", "secret"},
		"one kind of sign-in: it knows no other",
	},
	"internal/login/idcenter": {
		[]string{"login", "login/loopback", "login/oauth", "identitycenter", "httpclient", "store", "ui", "secret"},
		"one kind of sign-in: it knows no other",
	},
	"internal/login/workload": {
		[]string{"audit", "login", "login/idtoken", "idp", "command", "httpcache", "httpclient", "ui", "secret"},
		"one kind of sign-in: it knows no other",
	},
	"internal/login/logintest": {
		[]string{"login", "identitycenter", "store", "store/lock", "httpclient", "ui", "secret"},
		"doubles, for tests",
	},
	"internal/sts": {
		[]string{"credential", "identitycenter", "httpclient", "ui", "secret", "iam"},
		"it is given a token and a policy text, wherever they come from",
	},
	"internal/sts/ambient": {
		[]string{"sts", "httpclient", "ui", "secret", "iam"},
		"what a machine is given is found without a map and without a sign-in",
	},
	"internal/sts/console": {
		[]string{"sts", "httpclient", "ui", "secret", "iam"},
		"it is given credentials, wherever they come from",
	},
	"internal/databricks": {
		[]string{"credential", "databricks/scope", "httpcache", "httpclient", "ui", "secret"},
		"it is given a token and a host, wherever they come from",
	},
	"internal/databricks/scope": {
		nil,
		"words, for who writes them in a map and who asks for them",
	},
	"internal/accessmap": {
		[]string{"databricks/scope", "httpclient", "ui", "secret", "accessmap/policy", "iam", "idp"},
		"the map knows nobody: it can be checked without a sign-in",
	},
	"internal/accessmap/answer": {
		[]string{"accessmap", "iam", "iam/evaluate", "ui"},
		"questions about a map: no sign-in, no network, no file",
	},
	"internal/accessmap/draft": {
		[]string{"accessmap", "iam", "idp", "ui"},
		"a map is begun of answers and of what is known of providers: who is asked, and where it is written, is its caller's",
	},
	"internal/accessmap/policy": {
		[]string{"iam"},
		"it is given places and verbs, whatever language they were written in",
	},
	"internal/accessmap/desired": {
		[]string{"accessmap", "accessmap/policy", "iam", "idp", "ui"},
		"what has to stand follows from the map alone",
	},
	"internal/drift": {
		[]string{"accessmap", "accessmap/desired", "accessmap/policy", "iam", "iam/compare", "iam/evaluate", "ui"},
		"what is there is held against what has to be, wherever either comes from",
	},
	"internal/accessmap/render": {
		[]string{"accessmap/desired", "iam", "ui"},
		"what has to stand is given to it, from whatever map; it writes it down",
	},
	"internal/accessmap/request": {
		[]string{"accessmap", "idp", "ui"},
		"a change of a map is worked out of its bytes: who asks comes as plain claims, and where the file is, is its caller's",
	},
	"internal/accessmap/unused": {
		[]string{"accessmap", "audit", "ui"},
		"a map against what was seen: what traces is in the other program, and is read as what it printed",
	},
	"internal/accessmap/stamp": {
		nil,
		"a file's state, whatever is in it",
	},
	"internal/credential": {
		[]string{"accessmap/stamp", "audit/tally", "iam", "secret", "ui"},
		"what a warm answer is made of: no client, no language of the map",
	},
	"internal/accessmap/source": {
		[]string{"accessmap", "accessmap/place", "accessmap/stamp", "config/settings", "ui", "atomicfile", "localfile"},
		"a map is fetched, kept and approved as bytes and a digest; what it says is the language's",
	},
	"internal/accessmap/place": {
		[]string{"accessmap", "command", "credential", "httpclient", "iam", "localfile", "s3", "ui"},
		"bytes are read where a person said they are; what they say, and whether they are used, is others' business",
	},
	"internal/s3": {
		[]string{"credential", "iam"},
		"requests are written and signed, whatever for; who sends them, and what the answer means, is the caller's",
	},
	"internal/sts/awscli": {
		[]string{"command", "httpclient", "secret", "sts", "ui"},
		"a program is asked for credentials, whoever wants them",
	},
	"internal/profiles": {
		[]string{"profiles/editor", "ui", "atomicfile", "localfile"},
		"what is written into config files must never have seen a secret",
	},
	"internal/profiles/editor": {
		[]string{"ui"},
		"lines and bytes: whose a section is, and what it means, is its caller's",
	},
	"internal/store": {
		[]string{"store/backend", "store/file", "store/format", "store/keyctl", "store/keychain", "store/pass", "store/lock", "store/busguard", "store/secretservice", "ui", "secret", "atomicfile", "localfile"},
		"the keyring keeps bytes, whatever they mean",
	},
	"internal/store/backend": {
		[]string{"store/format", "store/lock", "localfile", "ui", "secret"},
		"what the store and each kind of keyring agree on, without knowing one",
	},
	"internal/store/file": {
		[]string{"store/backend", "store/format", "store/jwe", "store/lock", "localfile", "ui", "secret"},
		"kinds of keyring know neither the store nor each other",
	},
	"internal/store/keychain": {
		[]string{"store/backend", "command"},
		"kinds of keyring know neither the store nor each other",
	},
	"internal/store/pass": {
		[]string{"store/backend", "store/lock", "command", "localfile", "ui"},
		"kinds of keyring know neither the store nor each other",
	},
	"internal/store/lock": {
		[]string{"ui", "atomicfile", "localfile"},
		"a lock has a name, whatever it is for",
	},
	"internal/store/storetest": {
		[]string{"store/backend", "ui"},
		"for tests of the store's own packages, which must not wait for the store",
	},
	"internal/store/storetest/security": {
		nil,
		"a double of a program",
	},
	"internal/store/busguard": {
		nil,
		"it has to be initialised before anything else",
	},
	"internal/idp": {
		[]string{"ui"},
		"what is known of identity providers, for who signs in and for the map",
	},
	"internal/identitycenter": {
		[]string{"httpclient", "ui", "secret", "iam"},
		"one wire for two who use it: who signs in, and what for",
	},
	"internal/config": {
		[]string{"atomicfile", "config/settings", "ui", "secret", "localfile"},
		"settings know no part that uses them",
	},
	"internal/shellenv": {
		[]string{"ui"},
		"quoting has to be right for any text, whatever it means",
	},
	"internal/desktop": {
		[]string{"command", "localfile", "peer", "ui", "secret"},
		"it opens what it is given, whatever that is",
	},
	"internal/serve": {
		[]string{"atomicfile", "credential", "databricks", "httpclient", "peer", "secret", "sts", "ui"},
		"it is given what fetches a credential, and knows neither the map nor the keyring behind it",
	},
	"internal/peer": {
		nil,
		"whose a connection is depends on nothing that is said on it",
	},
	"internal/refusal": {
		[]string{"iam"},
		"text is read, whoever wrote it: no map, no network, no files",
	},
	"internal/refusal/judge": {
		[]string{"accessmap", "iam/evaluate", "refusal", "ui"},
		"what was refused is held against a map, wherever either comes from",
	},
	"internal/iam": {
		nil,
		"AWS's rules hold whatever the map says: no map, no network, no files",
	},
	"internal/iam/compare": {
		[]string{"iam", "iam/evaluate"},
		"two policies are held against each other, wherever either comes from; the judge decides what is a difference",
	},
	"internal/iam/evaluate": {
		nil,
		"a judge of policies shares nothing with what writes them",
	},
	"internal/httpclient": {
		[]string{"ui", "secret", "localfile"},
		"the bottom: errors with hints, and secrets to be kept out of them, are all it needs",
	},
	"internal/atomicfile": {
		[]string{"ui", "localfile"},
		"the bottom",
	},
	"internal/localfile": {
		[]string{"ui"},
		"reading a file is the same whatever it holds",
	},
	"internal/ui/picker": {
		[]string{"ui"},
		"options and keys, whatever is chosen",
	},
	"internal/ui": {
		nil,
		"the bottom",
	},
	"internal/secret": {
		[]string{"localfile"},
		"the bottom",
	},
	"internal/sarif": {
		nil,
		"a form, whatever was found",
	},
	"internal/command": {
		nil,
		"the bottom",
	},
	"internal/needed": {
		nil,
		"tests need programs whatever they test",
	},
	"internal/sandbox": {
		[]string{"sandbox/harness", "sandbox/kind", "sandbox/issuer", "sandbox/signin", "sandbox/idp", "sandbox/aws", "sandbox/data", "sandbox/iam", "sandbox/athena", "sandbox/center", "sandbox/workspace", "sandbox/workspace/compute"},
		"the double must not share the code that it tests, and is joined here",
	},
	"internal/sandbox/idp":               {[]string{"sandbox/harness", "sandbox/kind", "sandbox/issuer", "sandbox/signin"}, "a provider knows nobody who trusts it"},
	"internal/sandbox/aws":               {[]string{"iam/evaluate", "sandbox/harness", "sandbox/issuer"}, "IAM trusts issuers, and knows no people; policies are judged by what writes none"},
	"internal/sandbox/iam":               {[]string{"sandbox/harness", "sandbox/aws", "sandbox/issuer"}, "what IAM holds, for whom STS knows"},
	"internal/sandbox/data":              {[]string{"sandbox/harness", "sandbox/aws", "sandbox/iam"}, "what stands around data, for whom STS knows; policies are texts as IAM's are"},
	"internal/sandbox/athena":            {[]string{"sandbox/harness", "sandbox/aws"}, "it runs queries for whom STS knows"},
	"internal/sandbox/center":            {[]string{"sandbox/harness", "sandbox/aws", "sandbox/issuer", "sandbox/signin"}, "people sign in, and get an account's credentials"},
	"internal/sandbox/workspace":         {[]string{"sandbox/harness", "sandbox/aws", "sandbox/issuer", "sandbox/signin", "sandbox/workspace/compute", "sandbox/workspace/estate"}, "a workspace trusts issuers, and knows its people"},
	"internal/sandbox/workspace/estate":  {[]string{"sandbox/harness"}, "what a workspace keeps, whoever asks: it is told"},
	"internal/sandbox/signin":            {[]string{"sandbox/harness"}, "who decides about a sign-in, however it began"},
	"internal/sandbox/issuer":            {[]string{"sandbox/harness"}, "what signs, whatever verifies"},
	"internal/sandbox/harness":           {[]string{"sandbox/kind"}, "what all servers of the double have in common"},
	"internal/sandbox/kind":              {nil, "what providers answer is data"},
	"internal/sandbox/person":            {nil, "a person sees the pages, not the servers"},
	"internal/audit/asker":               {[]string{"ancestors", "audit", "ui"}, "the system is asked, whoever records"},
	"internal/audit/chain":               {[]string{"audit", "audit/tally", "store", "store/lock", "ui"}, "a record is kept as it comes, whoever made it"},
	"internal/audit/tally":               {[]string{"localfile", "secret"}, "it counts before main: see early"},
	"internal/audit/verify":              {[]string{"audit", "audit/chain", "ui"}, "files and keys are all that a proof needs"},
	"internal/audit/prune":               {[]string{"audit"}, "which files may go: who needs which of them, others say"},
	"internal/audit/ocsf":                {nil, "names of a schema, whatever they tell of"},
	"internal/sandbox/workspace/compute": {[]string{"sandbox/harness"}, "what a workspace holds, for whom it knows"},
	"internal/audit/trace": {
		[]string{"accessmap", "audit", "audit/query"},
		"logs against the record, wherever both come from; the map says which dataset an object is of, and people are called as everywhere else",
	},
	"internal/audit/query": {
		[]string{"audit"},
		"which records are wanted, whatever they come from and go to",
	},
	"internal/audit/sqltext": {nil, "values become SQL, whatever they are"},
	"internal/audit/trace/tracesql": {
		[]string{"audit", "audit/sqltext", "audit/trace"},
		"the same join in another language, of the same rules; running it is another's",
	},
	"internal/audit/cost": {
		[]string{"audit", "audit/sqltext", "ui"},
		"what records come to: neither files nor clouds",
	},
	"internal/audit": {
		[]string{"audit/ocsf", "ui"},
		"a record holds plain values, whatever makes it: nothing that could hold a secret",
	},
	"internal/audit/sent": {[]string{"atomicfile", "audit", "localfile", "secret", "ui"}, "what sinks have is looked at by those who send nothing, too"},
	"internal/audit/ship": {
		[]string{"audit", "audit/sent", "credential", "httpclient", "iam", "s3", "secret", "store/lock", "ui"},
		"lines and an address: who writes the record, and where settings and tokens come from, is others' business",
	},
	"internal/access": {
		[]string{"idp", "login", "accessmap", "accessmap/source", "databricks/scope", "sts", "ui"},
		"who may what is read here and nowhere else: no server is asked, nothing is changed; sts knows what people are called at AWS",
	},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range listPackages(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		layer, ok := layers[name]
		if !ok {
			t.Errorf("%s has no place in the import graph: decide on one in this test", name)
			continue
		}
		for _, imported := range p.Imports {
			other, ours := strings.CutPrefix(imported, module)
			if ours && !slices.Contains(layer.mayImport, strings.TrimPrefix(other, "internal/")) {
				t.Errorf("%s must not import %s: %s", name, other, layer.because)
			}
		}
	}
}

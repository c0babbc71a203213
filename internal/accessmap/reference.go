package accessmap

import (
	"fmt"
	"slices"
)

// key is a field of an object of the map, whatever that is read into.
type key struct {
	name     string
	required bool
	form     *form
	about    string
}

// described are the objects of the map with their keys, in the order in which people meet them: for who writes about the language, or
// asks an author for values. Unlike the schema it names the map itself, "map".
type described struct {
	name  string // as the schema's definitions have it
	about string
	keys  []key
}

func describe[T any](name, about string, fields []field[T]) described {
	d := described{name: name, about: about}
	for _, f := range fields {
		d.keys = append(d.keys, key{f.key, f.required, f.form, f.about})
	}
	return d
}

func objects() []described {
	return []described{
		describe("map", "", mapFields),
		describe("defaults", aboutDefaults, defaultsFields),
		describe("audit", aboutAudit, auditFields),
		describe("policy", aboutPolicy, policyFields),
		describe("handling", aboutHandling, handlingFields),
		describe("agent", aboutAgent, agentFields),
		describe("identity", aboutIdentity, identityFields),
		describe("claim_rule", aboutClaimRule, claimRuleFields),
		describe("given_role", aboutGiven, givenFields),
		describe("token", aboutToken, tokenFields),
		describe("workspace", aboutWorkspace, workspaceFields),
		describe("dataset", aboutDataset, datasetFields),
		describe("role", aboutRole, roleFields),
		describe("aws", aboutAWS, awsFields),
		describe("statement", aboutStatement, statementFields),
		describe("unity_grant", aboutUnity, unityFields),
		describe("storage_credential", aboutStorageCredential, unityCredentialFields),
		describe("service_credential", aboutServiceCredential, unityCredentialFields),
	}
}

// What the objects are, in the schema and in docs/map.md.
const (
	aboutDefaults = "What holds for everything in the map."
	aboutAudit    = "The record of what is issued."
	aboutPolicy   = "What is asked of who uses data, by its sensitivity."
	aboutHandling = "What is asked of who uses such data. What is not said here is allowed."
	aboutAgent    = "What a coding agent may have: never more than the person. What is not said here is as for default, or as it is built in."
	aboutIdentity = "Where people or workloads prove who they are, and the roles that this gives: people at an OpenID Connect provider " +
		"(client_id), people at AWS IAM Identity Center (start_url), or a workload (token)."
	aboutClaimRule         = "Roles for tokens that have all of these claims."
	aboutGiven             = "A role that is given for a while."
	aboutToken             = "Where a workload gets its token from, without a sign-in."
	aboutWorkspace         = "A Databricks workspace."
	aboutDataset           = "Places in S3."
	aboutRole              = "What people and workloads may take. Without aws it works in its workspaces alone, or can only be inherited."
	aboutAWS               = "What is behind the role at AWS: an IAM role, or a permission set of IAM Identity Center."
	aboutStatement         = "What is allowed at AWS."
	aboutUnity             = "Privileges on one thing in Unity Catalog."
	aboutStorageCredential = "The storage credential of Unity Catalog that stands on the role's ARN."
	aboutServiceCredential = "The service credential of Unity Catalog that stands on the role's ARN."
)

// CheckValue says what is wrong with a text as the value of a key of an object, or of each item of its list or each key of its mapping, as
// Parse would say it; nil where nothing is. Objects are named as in the schema, the map itself is "map". The name of something is the
// key "".
func CheckValue(object, name, text string) error {
	f := nameForm
	if name != "" {
		for _, o := range objects() {
			if i := slices.IndexFunc(o.keys, func(k key) bool { return k.name == name }); o.name == object && i >= 0 {
				f = o.keys[i].form
				break
			}
		}
	}
	switch {
	case f.keys != nil:
		f = f.keys
	case f.each != nil:
		f = f.each
	}
	if len([]rune(text)) > maxText {
		return fmt.Errorf("longer than %d characters", maxText)
	}
	_, err := f.accept(text)
	return err
}

package accessmap

import "iter"

// LintID names a kind of Warning: kebab-case, the same in every version, never reused for another kind. The map
// acknowledges warnings by it.
type LintID string

// The kinds of warnings.
const (
	trustByAudience    LintID = "trust-by-audience-alone"
	everyGroup         LintID = "group-matches-everything"
	everyValue         LintID = "claim-matches-everything"
	mutableEmail       LintID = "email-not-verified"
	patternOnSensitive LintID = "pattern-gives-confidential"
	ruleRepeated       LintID = "rule-repeated"
	ruleEmpty          LintID = "rule-without-roles"
	grantEnded         LintID = "grant-ended"
	groupSpelling      LintID = "group-spelled-twice"
	notNormal          LintID = "text-not-nfc"

	roleUnreachable  LintID = "role-unreachable"
	roleIdle         LintID = "role-idle"
	roleVague        LintID = "role-name-vague"
	roleUnrestricted LintID = "role-unrestricted"
	arnShared        LintID = "role-arn-shared"
	chainOpen        LintID = "chain-open-to-all"
	accountMissing   LintID = "role-arn-without-account"
	datasetsIdle     LintID = "datasets-without-aws"
	keyLeftOut       LintID = "kms-key-left-out"
	writeWithoutRead LintID = "write-without-read"
	writeNoDelete    LintID = "write-without-delete"
	scopingNeeded    LintID = "scoping-needed"
	scopingFirst     LintID = "scoping-first"
	durationCut      LintID = "duration-cut"
	durationIdle     LintID = "duration-without-effect"
	tagsIdle         LintID = "tags-without-effect"
	tagsTooLarge     LintID = "tags-nearly-too-large"
	policyNearlyFull LintID = "policy-nearly-full"
	scopeRedundant   LintID = "scope-redundant"
	scopeModifier    LintID = "scope-modifier-unknown"
	scopesIdle       LintID = "scopes-without-workspace"
	entitlementsIdle LintID = "entitlements-without-workspace"
	principalUnknown LintID = "workspace-groups-unknown"

	policyEscaped      LintID = "role-beyond-policy"
	sensitivityMissing LintID = "sensitivity-missing"
	stepUpUnproven     LintID = "step-up-unproven"
	datasetUnused      LintID = "dataset-unused"
	neighboursListable LintID = "root-exact-neighbours"
	deniedElsewhere    LintID = "denied-by-another-dataset"
	datasetsOverlap    LintID = "datasets-overlap"
	overlapSensitive   LintID = "overlap-of-sensitivities"

	agentWrites LintID = "agent-may-write"
	agentIdle   LintID = "agent-rule-idle"
	agentDenied LintID = "agent-rule-denied"

	acknowledgedInVain LintID = "acknowledgement-unused"
)

// Kind says what the warnings of one kind are about.
type Kind struct {
	ID    LintID
	Means string // what is so, for a person who meets it
	Do    string // what to do about it
}

// Kinds are all kinds of warnings, as docs/lints.md lists them.
func Kinds() []Kind {
	return []Kind{
		{trustByAudience, "rules of one sign-in give different AWS roles by groups, which AWS can't see, or by claims other than `sub`: with a trust policy on `aud` alone, each of these roles is open to everybody who may use the application",
			"let the trust policies list `sub`, require a tag that the provider signs, or hold the claims, or give each class of people an application and identity of its own: [what AWS can check](providers/README.md#what-aws-can-check)"},
		{everyGroup, "a rule on groups takes every group", "name the groups, or say that it is meant"},
		{everyValue, "a rule on a claim takes every value of it", "name the values, or say that it is meant"},
		{mutableEmail, "a rule goes by an address that the provider does not verify", "match `preferred_username`, `oid` or groups"},
		{patternOnSensitive, "a pattern of groups gives a role with confidential or restricted data, so that everybody who may create a group that fits can give it away",
			"name the groups"},
		{ruleRepeated, "two rules of an identity give the same role to the same group or claims", "drop one: taking the role away from the other would else change nothing"},
		{ruleEmpty, "a rule on a group or on claims gives no role, so nobody gets anything by it", "give it a role, or drop it"},
		{groupSpelling, "two groups of an identity differ in upper and lower case alone, and the provider's spelling is only one of them", "keep the one that the provider sends"},
		{notNormal, "a group, a claim's value or a tag is not in Unicode's form NFC: it looks like what a provider sends and is not equal to it", "write it as the warning does"},
		{grantEnded, "a role was given until a day that has passed", "remove it, or extend it"},
		{roleUnreachable, "no rule gives a role, and no role that can be taken leads to it", "give it to a group, or drop it"},
		{roleIdle, "a role without `aws` that is given to nobody and inherited by none that can be taken", "drop it"},
		{roleVague, "a role's name says nothing about what it is for, as `admin` or `role1`", "name it after the duty, as `churn-trainer`: the name is what people choose by and what CloudTrail shows"},
		{roleUnrestricted, "a role without datasets gets no session policy, so it may do all that its IAM role or permission set may", "name its datasets, or say `unrestricted: true`"},
		{arnShared, "an IAM role stands behind several roles of the map, and AWS can't tell who has which. A session policy is what dbxaccess asks for: who is let in can ask STS for a session without one, and do what the other roles may",
			"give each an IAM role of its own, or have the provider sign session tags for the groups and name them under `signed_tags` (`dbxaccess map render` writes the conditions); harmless where the same people have the roles, or the roles may do the same"},
		{chainOpen, "a role is assumed through another one, which others may take too: they can go on to it at AWS, without dbxaccess", "have the provider sign session tags for the groups and name them under `signed_tags`, or let the role be taken directly"},
		{accountMissing, "the `role_arn` names no account, which is right for S3-compatible servers only", "complete the ARN"},
		{datasetsIdle, "a role has datasets and no `aws`, so they do nothing", "give it `aws`, or take the datasets away"},
		{keyLeftOut, "a role of an S3-compatible server has a dataset with a `kms_key`, of which its session policy says nothing", "drop the key, or use a role at AWS"},
		{writeWithoutRead, "a role may write a dataset and not read it; Spark, s3a and rclone look at what is there before they write", "grant reading too"},
		{writeNoDelete, "a role may write a dataset and not delete there; Spark and s3a need that to finish a write, `aws s3 mv` and `sync --delete` for what they do", "grant deleting too, or say which clients write there"},
		{scopingNeeded, "a role can be taken only where AWS lets `sts:GetScopedCredentials` narrow a session: a permission set with datasets or statements and no `role_arn` beside it, or a session policy that has room for what it denies in a second layer alone",
			"see that AWS does; else give a permission set a `role_arn` to chain into, or split the role"},
		{scopingFirst, "a role has a permission set and a `role_arn` beside it, and what narrows it is put on the permission set by STS itself; the role behind the ARN is assumed only where that can't be done",
			"have the permission set allow what the map grants (`dbxaccess map render` writes it), and acknowledge it; a tag or `source_identity: true` has the role assumed in any case"},
		{durationCut, "a role's `duration` is longer than the hour that AWS allows where a role is assumed through another", "write at most 1h"},
		{durationIdle, "the `duration` of a permission set that nothing narrows; IAM Identity Center decides", "drop it"},
		{tagsIdle, "the `tags` of a permission set, which takes none", "give it a `role_arn` to chain into"},
		{tagsTooLarge, "session policy and tags, those included that come from roles before it, fill most of a session token", "shorten the tags, or pass fewer on"},
		{policyNearlyFull, "a session policy has more than 80 % of the characters that AWS takes", "split the role or join datasets before it is too long"},
		{scopeRedundant, "a scope lies within another one beside it", "drop it"},
		{scopeModifier, "a scope has a modifier that Databricks does not document", "check the spelling"},
		{scopesIdle, "a role has `scopes` and no workspace", "drop them, or give it a workspace"},
		{entitlementsIdle, "a role has `entitlements` or `grants` and works in no workspace", "drop them, or give it a workspace"},
		{principalUnknown, "what a role gives at Databricks (`entitlements`, `grants`, `instance_profile`) goes to groups there, and rules give the role by patterns, IDs of groups or claims, of which the map does not say which group at Databricks these people are",
			"name the groups under `workspace_groups`; harmless for a role that people have in AWS alone"},
		{policyEscaped, "the map has a `policy`, and a role without datasets, or with statements on S3 or managed policies, of which the map does not know what data they reach", "name its datasets"},
		{sensitivityMissing, "the map has a `policy`, and a dataset without a sensitivity, of which the policy asks nothing", "give it one"},
		{stepUpUnproven, "the policy asks of sign-ins what an identity can't prove: IAM Identity Center says nothing of a sign-in, and some providers never say when somebody signed in (`auth_time`). The roles are given to nobody there",
			"give these roles through an identity whose provider tells, or acknowledge that nobody gets them there"},
		{datasetUnused, "no role reads, writes or deletes a dataset", "drop it"},
		{neighboursListable, "a dataset has `root: exact`, and others begin alike, as `churn-secret/` beside `churn/`: who may read the first may list the names in the others, and nothing more", "rename one of them, or drop `root: exact` where no client needs it"},
		{deniedElsewhere, "a role has a dataset that denies a place, and another one that grants it: the denial wins for the whole role", "take one of the two datasets from the role"},
		{datasetsOverlap, "a dataset lies inside another, whose grants reach it too", "say that it is meant, or move one of them"},
		{overlapSensitive, "a dataset lies inside another of a different sensitivity, whose grants reach it too", "move one of them, or give both the higher one"},
		{agentWrites, "an agent may write or delete data, or has tokens by which something may be changed: it works by what it reads, and somebody else may have written that",
			"leave it at reading; where it is meant, name the datasets and roles beside it"},
		{agentIdle, "the rule on an agent names a role or a dataset of which it gets nothing, or is the rule on every agent once more", "drop the name, or give the agent a verb that the role has"},
		{agentDenied, "the rule on an agent names a role or a dataset that the `policy` keeps from agents, which wins", "drop the name, or take `agents: deny` from that sensitivity"},
		{acknowledgedInVain, "the map acknowledges a warning that there is no more; it can't be acknowledged itself", "drop the acknowledgement, so that it does not hide the next one"},
	}
}

// acknowledgeable are the IDs that acknowledge may name.
func acknowledgeable() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, k := range Kinds() {
			if k.ID != acknowledgedInVain && !yield(string(k.ID)) {
				return
			}
		}
	}
}

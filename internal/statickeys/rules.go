package statickeys

// Rule is a kind of key.
type Rule struct {
	ID     string `json:"id"`    // stays the same in every version
	Title  string `json:"title"` // what it is
	Why    string `json:"why"`   // what it opens, and for how long
	Remedy string `json:"remedy"`
	Lesser bool   `json:"lesser"` // of all its findings
}

// The rules' ids.
const (
	ruleAWSID       = "aws-access-key-id"
	ruleAWSSecret   = "aws-secret-access-key" //nolint:gosec // a name
	ruleAWSTemp     = "aws-temporary-key"
	ruleBedrock     = "aws-bedrock-key"
	ruleDatabricks  = "databricks-token"
	ruleOAuthSecret = "databricks-oauth-secret" //nolint:gosec // a name
	ruleAzureKey    = "azure-storage-key"
	ruleAzureClient = "azure-client-secret"
	ruleAzureSAS    = "azure-sas"
	ruleAzureBus    = "azure-shared-access-key"
	rulePrivateKey  = "private-key"
	ruleGitHub      = "github-token"
	ruleGitLab      = "gitlab-token"
	ruleOpenAI      = "openai-key"
	ruleAnthropic   = "anthropic-key"
	ruleHugging     = "huggingface-token"
	ruleWandB       = "wandb-key"
	ruleGoogle      = "google-api-key"
	ruleSlack       = "slack-token"
	ruleService     = "service-token"
	ruleJDBC        = "database-password"
	ruleURL         = "url-password"
	rulePassword    = "password"
	ruleNamed       = "named-secret"
)

// Rules are all there are, the surest first: of two that find the same characters, the first one wins.
func Rules() []Rule {
	const revoke = "revoke it where it was issued, and have the program read its successor from a secret store"
	return []Rule{
		{ruleAWSID, "AWS access key of an IAM user", "it works until somebody deletes it, from anywhere, with all that the user may do",
			"delete the key in IAM (`aws iam delete-access-key`), and let dbxaccess give short-lived credentials: `dbxaccess exec ROLE -- …`, a profile, or an instance profile on compute", false},
		{ruleAWSSecret, "AWS secret access key", "with its access key id, which seldom is far away, it works until somebody deletes it",
			"delete the key in IAM (`aws iam delete-access-key`), and let dbxaccess give short-lived credentials: `dbxaccess exec ROLE -- …`, a profile, or an instance profile on compute", false},
		{ruleAWSTemp, "temporary AWS credential", "it ends by itself, at most 36 hours after it was issued; it shows that credentials are copied by hand",
			"remove it; `dbxaccess revoke` ends sessions of roles before their time", true},
		{ruleBedrock, "API key of Amazon Bedrock", "a long-term one belongs to an IAM user and works until it expires or is deleted, which may be never",
			"delete it in IAM (`aws iam delete-service-specific-credential`), and call Bedrock with a role's credentials", false},
		{ruleDatabricks, "Databricks token", "a personal access token works until it expires, which may be never, as the person who made it",
			"revoke it in the workspace (Settings, Developer, Access tokens), and sign in through dbxaccess: `dbxaccess auth token`", false},
		{ruleOAuthSecret, "OAuth secret of a Databricks service principal", "it gives tokens of the service principal for as long as it is valid, up to two years",
			"delete the secret of the service principal, and let the workload sign in by federation: docs/iam.md", false},
		{rulePrivateKey, "private key", "whoever has it is who it belongs to, until its public half is trusted no more",
			"replace the key pair wherever the public half is trusted, and keep the new private key in a secret store", false},
		{ruleGitHub, "GitHub token", "it reads and writes what its owner or app may, until it is revoked or expires", revoke, false},
		{ruleGitLab, "GitLab token", "it reads and writes what its owner may, until it is revoked or expires", revoke, false},
		{ruleOpenAI, "API key of OpenAI", "who has it spends its owner's money and reads its files", revoke, false},
		{ruleAnthropic, "API key of Anthropic", "who has it spends its owner's money", revoke, false},
		{ruleHugging, "Hugging Face token", "it reads, and may write, the models and data of its owner", revoke, false},
		{ruleGoogle, "API key of Google", "it works until it is deleted, from anywhere unless it is restricted", revoke, false},
		{ruleSlack, "Slack token or webhook", "it reads or writes messages until it is revoked", revoke, false},
		{ruleService, "token of another service", "it is of a shape that only tokens of that service have, and works until it is revoked or expires", revoke, false},
		{ruleAzureClient, "client secret of an Entra ID application", "it gives tokens of the application for as long as it is valid, up to two years",
			"delete the secret of the application, and use a managed identity or federation", false},
		{ruleAzureKey, "account key of Azure Storage or Cosmos DB", "it opens the whole account, without a name in its log, until it is rotated",
			"rotate the key, and use Unity Catalog's storage credentials or Entra ID; `allowSharedKeyAccess: false` ends all of them", false},
		{ruleAzureBus, "shared access key of Azure", "it opens a namespace of Service Bus, Event Hubs or IoT until it is rotated", "rotate the key, and use Entra ID", false},
		{ruleAzureSAS, "shared access signature of Azure", "it opens what it names to everybody until its end, which may be far, and can't be revoked by itself",
			"rotate the account key or delete the stored access policy that it was signed by", false},
		{ruleWandB, "API key of Weights & Biases", "it reads and writes the runs of its owner until it is deleted", revoke, false},
		{ruleJDBC, "password of a database", "it opens the database to everybody who reads this, until it is changed",
			"change the password, and read it from a secret scope, {{secrets/SCOPE/KEY}} or dbutils.secrets.get; or use the database's IAM sign-in", false},
		{ruleURL, "password in a URL", "URLs end in logs, histories and tracebacks; it works until it is changed", revoke, false},
		{ruleNamed, "secret by its name", "its name says that it is a secret, and it is long and random as one", revoke, false},
		{rulePassword, "password", "its name says that it is a password, and it is none that stands for another", revoke, false},
	}
}

// rank is the place of a rule in Rules; rules of a Detector come last.
func rank(rule string) int {
	rules := ranks()
	if n, ok := rules[rule]; ok {
		return n
	}
	return len(rules)
}

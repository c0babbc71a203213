package draft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// IdentityCenter is the provider that is AWS's; the others are the kinds of package idp.
const IdentityCenter = "identity-center"

// Question is one thing that a map can't be begun without, or, where it is optional, one that most maps say.
type Question struct {
	Key      string // of Answers, and the name of the flag
	Ask      string // what is asked for, in a few words that begin small
	Example  string
	Optional bool

	check func(answer string) error
}

// Check says what is wrong with an answer; nil where nothing is.
func (q Question) Check(answer string) error {
	if answer == "" && !q.Optional {
		return errors.New("it can't be left out")
	}
	if answer == "" {
		return nil
	}
	return q.check(answer)
}

// Wrong is the error of an answer that Check refuses.
func (q Question) Wrong(err error) *ui.Error {
	return ui.Errorf("map-new-answer", ui.Usage, "--%s: %w", q.Key, err).With(ui.Advice("as in --" + q.Key + " " + ui.Word(q.Example)))
}

// Answers are what an author said, by the keys of questions.
type Answers map[string]string

// Providers are the answers to the question of which.
func Providers() []string { return append(idp.Kinds(), IdentityCenter) }

// kind is what is known of the provider.
func (a Answers) kind() *idp.Kind { return idp.KindOf(a["provider"], a["issuer"]) }

// Questions are those that there are to ask of who has given these answers, in their order: which come later depends on the first.
func Questions(a Answers) []Question {
	account := Question{"account", "AWS account, 12 digits", "111122223333", false, valueOf("aws", "account_id")}
	region := Question{"region", "AWS region", "us-east-1", false, valueOf("aws", "region")}
	workspace := Question{"workspace", "Databricks workspace", "https://dbc-1234.cloud.databricks.com", true, valueOf("workspace", "host")}
	contact := Question{"contact", "whom people ask for access", "#ml-platform", true, valueOf("map", "contact")}
	questions := []Question{
		{"provider", "where people sign in: a kind of provider, auto or identity-center", "okta", false, oneOf(Providers())},
	}
	if a["provider"] == IdentityCenter {
		return append(questions,
			Question{"start-url", "address of the access portal", "https://acme.awsapps.com/start", false, valueOf("identity", "start_url")},
			Question{"sso-region", "region of IAM Identity Center", "us-east-1", false, valueOf("identity", "sso_region")},
			account, Question{"role-name", "name of the permission set", "MLTrainer", false, valueOf("aws", "role_name")}, region, workspace, contact)
	}
	issuer := Question{"issuer", "issuer, as the ID tokens have it", idp.KindOf(a["provider"], "").Example, false, valueOf("identity", "issuer")}
	group := Question{"group", "group that gets the first role, as the provider writes it", "ml-scientists", false, valueOf("identity", "groups")}
	if a.kind().NoGroups {
		group = Question{"group", "domain of your organisation: its tokens hold no groups", "example.com", false, domain}
	}
	return append(questions, issuer,
		Question{"client-id", "client ID of the application for dbxaccess there", "0oa1b2c3", false, valueOf("identity", "client_id")},
		group, account,
		Question{"role-name", "name of the IAM role that it is to get", "ml-trainer", false, roleName}, region,
		Question{"dataset", "place in S3 that the role may read", "s3://acme-ml/churn/", false, valueOf("dataset", "location")},
		workspace, contact)
}

func valueOf(object, key string) func(string) error {
	return func(answer string) error { return accessmap.CheckValue(object, key, answer) }
}

func oneOf(words []string) func(string) error {
	return func(answer string) error {
		if !slices.Contains(words, answer) {
			return fmt.Errorf("%q is not one of %s", answer, strings.Join(words, ", "))
		}
		return nil
	}
}

// roleName is a name as IAM has them, without the ARN around it, of which the rest is asked for.
func roleName(answer string) error {
	if strings.HasPrefix(answer, "arn:") {
		return errors.New("the name alone is asked for: what stands behind role/ in the ARN")
	}
	return accessmap.CheckValue("aws", "role_arn", arn("aws", "111122223333", answer))
}

// domain keeps a pattern out: it would let in others' organisations.
func domain(answer string) error {
	return accessmap.CheckValue("identity", "verification_hosts", answer)
}

package revoke

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

const beforeRun = string(credential.BeforeRun)

// The keys by which AWS knows a session.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
const (
	sourceIdentity = "aws:SourceIdentity"
	userID         = "aws:userid"
	tokenIssueTime = "aws:TokenIssueTime"
	principalARN   = "aws:PrincipalArn"
)

// name is one by which AWS knows a session.
type name struct{ key, value string }

// Denial is the policy that denies everything to a person's sessions of one role.
type Denial struct {
	RoleARN       string    `json:"role_arn,omitempty"`
	PermissionSet string    `json:"permission_set,omitempty"`
	PolicyName    string    `json:"policy_name"`
	Since         time.Time `json:"issued_since,omitzero"`
	Before        time.Time `json:"issued_before"`
	By            []By      `json:"by"`
	// Policy is the text.
	Policy json.RawMessage `json:"policy"`

	names map[name]bool
}

// By is a key by which sessions are told from others', with how far it can be forged.
type By struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
	Forged string   `json:"forgeable"`
}

func (d *Denial) add(n name) {
	if d.names == nil {
		d.names = map[name]bool{}
	}
	d.names[n] = true
}

// Reserved reports whether IAM does not let the role's policies be changed.
func (d *Denial) Reserved() bool { return d.RoleARN == "" || Reserved(d.RoleARN) }

// finish works out what is shown.
func (d *Denial) finish() {
	d.By = nil
	for _, key := range []string{sourceIdentity, userID} {
		values := map[string]bool{}
		for n := range d.names {
			if n.key == key {
				values[n.value] = true
			}
		}
		if len(values) > 0 {
			d.By = append(d.By, By{key, slices.Sorted(maps.Keys(values)), d.forged(key)})
		}
	}
	d.Policy = ascii(d.document().JSON())
}

// forged says who could have sessions that the policy misses, or be met by it wrongly.
func (d *Denial) forged(key string) string {
	switch {
	case key == sourceIdentity:
		return "no: the first who takes a role sets it, here the identity provider's token, and AWS lets nobody change it after that"
	case d.RoleARN == "":
		return "no: IAM Identity Center names the session after its user"
	}
	return "yes: who takes the role chooses the session's name, unless its trust policy asks for one (sts:RoleSessionName); a session under another " +
		"name is missed, and one under this name is denied, whosever it is"
}

// document is the policy: one statement for each key, as the conditions of one have to hold together.
func (d *Denial) document() iam.Document {
	var statements []iam.Statement
	deny := func(operator, key string, values iam.Words) {
		on := iam.Conditions{
			"DateLessThan": {tokenIssueTime: {d.Before.UTC().Format(time.RFC3339)}},
			operator:       {key: values},
		}
		if !d.Since.IsZero() {
			on["DateGreaterThanEquals"] = map[string]iam.Words{tokenIssueTime: {d.Since.UTC().Format(time.RFC3339)}}
		}
		if d.Reserved() { // it may stand where it meets other roles, too
			on["ArnLike"] = map[string]iam.Words{principalARN: d.principals()}
		}
		statements = append(statements, iam.Statement{Effect: "Deny", Action: iam.Words{"*"}, Resource: iam.Words{"*"}, Condition: on})
	}
	if values := d.values(sourceIdentity); values != nil {
		deny("StringEquals", sourceIdentity, values)
	}
	if sessions := d.values(userID); sessions != nil {
		var patterns iam.Words
		for _, session := range sessions {
			patterns = append(patterns, "*:"+session) // before the colon stands the role's own id
			if d.RoleARN != "" {
				patterns = append(patterns, "*:"+session+beforeRun+"*")
			}
		}
		deny("StringLike", userID, patterns)
	}
	return iam.Policy(statements...)
}

// principals are patterns of the role's ARN.
func (d *Denial) principals() (arns iam.Words) {
	if d.RoleARN != "" {
		return iam.Words{d.RoleARN}
	}
	account, set, _ := strings.Cut(d.PermissionSet, "/")
	for _, role := range iam.PermissionSetRole(set) {
		arns = append(arns, "arn:*:iam::"+account+":role/"+role)
	}
	return arns
}

// values are those of a key, sorted, as a policy writes them.
func (d *Denial) values(key string) (values iam.Words) {
	for n := range d.names {
		if n.key == key {
			values = append(values, escaped(n.value))
		}
	}
	slices.Sort(values)
	return values
}

// escaped is a text that stands for itself where variables and wildcards are known. A claim may be anything.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func escaped(text string) string {
	return strings.NewReplacer("$", "${$}", "*", "${*}", "?", "${?}").Replace(text)
}

func unescaped(text string) string {
	return strings.NewReplacer("${$}", "$", "${*}", "*", "${?}", "?").Replace(text)
}

// errChanged: a policy of our name says something else than we do.
var errChanged = errors.New("it was changed by others")

// ReadDenial reads a role's policy back. One that says anything else than what is written here is not ours.
func ReadDenial(roleARN, policyName, document string) (*Denial, error) {
	var read struct {
		Statement []struct {
			Condition map[string]map[string]words
		}
	}
	d := &Denial{RoleARN: roleARN, PolicyName: policyName}
	if err := json.Unmarshal([]byte(document), &read); err != nil {
		return nil, fmt.Errorf("it is no policy: %w", err)
	}
	for _, s := range read.Statement {
		for _, value := range s.Condition["StringEquals"][sourceIdentity] {
			d.add(name{key: sourceIdentity, value: unescaped(value)})
		}
		for _, value := range s.Condition["StringLike"][userID] {
			if session := strings.TrimPrefix(value, "*:"); !strings.HasSuffix(session, beforeRun+"*") {
				d.add(name{key: userID, value: unescaped(session)})
			}
		}
		for _, at := range []struct {
			operator string
			into     *time.Time
		}{{"DateLessThan", &d.Before}, {"DateGreaterThanEquals", &d.Since}} {
			for _, value := range s.Condition[at.operator][tokenIssueTime] {
				moment, err := time.Parse(time.RFC3339, value)
				if err != nil {
					return nil, fmt.Errorf("its %s can't be read: %w", tokenIssueTime, err)
				}
				*at.into = moment
			}
		}
	}
	if len(d.names) == 0 || d.Before.IsZero() {
		return nil, errChanged
	}
	d.finish()
	var is, ours any
	if err := errors.Join(json.Unmarshal([]byte(document), &is), json.Unmarshal(d.Policy, &ours)); err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(is, ours) {
		return nil, errChanged
	}
	return d, nil
}

// ascii writes a document with escapes in place of what IAM takes in no policy, and a terminal might not show as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func ascii(document string) json.RawMessage {
	var b []byte
	for _, r := range document {
		if r < utf8.RuneSelf && r != 0x7f {
			b = utf8.AppendRune(b, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			b = fmt.Appendf(b, `\u%04x`, unit)
		}
	}
	return b
}

// Join adds what another policy of the same role denies: nothing that is denied may be let free by saying it again.
func (d *Denial) Join(other *Denial) {
	for n := range other.names {
		d.add(n)
	}
	if other.Before.After(d.Before) {
		d.Before = other.Before
	}
	if other.Since.Before(d.Since) { // zero is whenever
		d.Since = other.Since
	}
	d.finish()
}

// Over reports whether every session that is meant has ended, whatever machine it was issued to.
func (d *Denial) Over(now time.Time) bool { return !now.Before(d.Ends()) }

// Ends is when the last session that is meant can end: none lasts longer than AWS lets any.
func (d *Denial) Ends() time.Time { return d.Before.Add(iam.MaxDuration) }

// words are one or a list, as IAM writes them.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

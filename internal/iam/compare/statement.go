package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// statement is one of a policy, as texts. evaluate.Parse has read the policy before, so that its form is known.
type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal principals
	Action       words
	NotAction    words
	Resource     words
	NotResource  words
	Condition    map[string]map[string]words

	at                  Place
	version             string
	actions, notActions []glob
	varies              bool // it has variables
	loose               bool // it holds wherever one with variables may, and decides nothing
}

// words are one text, or a list of them. Numbers and booleans are taken as they are written.
type words []string

// UnmarshalJSON reads them.
func (w *words) UnmarshalJSON(b []byte) error {
	list := []json.RawMessage{b}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
	}
	*w = nil
	for _, raw := range list {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(bytes.TrimSpace(raw))
		}
		*w = append(*w, text)
	}
	return nil
}

// principals by their kind: AWS, Federated, Service, CanonicalUser. Everybody is AWS: *.
type principals map[string]words

// UnmarshalJSON reads them.
func (p *principals) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*p = principals{"AWS": {text}}
		return nil
	}
	return json.Unmarshal(b, (*map[string]words)(p))
}

// statementsOf reads a document that evaluate.Parse has taken.
func statementsOf(document string, at Place) ([]statement, error) {
	var top struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &top); err != nil {
		return nil, err
	}
	list := []json.RawMessage{top.Statement}
	if bytes.HasPrefix(bytes.TrimSpace(top.Statement), []byte("[")) {
		if err := json.Unmarshal(top.Statement, &list); err != nil {
			return nil, err
		}
	}
	statements := make([]statement, len(list))
	for i, raw := range list {
		s := &statements[i]
		if err := json.Unmarshal(raw, s); err != nil {
			return nil, err
		}
		at.Statement, at.Sid = i+1, s.Sid
		s.at, s.version = at, top.Version
		s.actions, s.notActions = actionGlobs(s.Action), actionGlobs(s.NotAction)
	}
	return statements, nil
}

func actionGlobs(actions words) []glob {
	var globs []glob
	for _, a := range actions {
		globs = append(globs, writing{wild: true}.read(evaluate.Lower(a)))
	}
	return globs
}

func (s *statement) denies() bool { return s.Effect == "Deny" }

// variables reports whether ${…} are.
func (s *statement) variables() bool { return s.version == "2012-10-17" }

// keys are the condition keys of the statement, in lower case, sorted.
func (s *statement) keys() []string {
	var keys []string
	for _, of := range s.Condition {
		for key := range of {
			keys = append(keys, evaluate.Lower(key))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// about is what the statement's conditions say of a key, alone.
func (s *statement) about(key string) map[string]map[string]words {
	about := make(map[string]map[string]words)
	for operator, of := range s.Condition {
		for k, values := range of {
			if evaluate.Lower(k) == key {
				if about[operator] == nil {
					about[operator] = make(map[string]words)
				}
				about[operator][k] = values
			}
		}
	}
	return about
}

// atoms are the statement in a form that is the same for the same meaning, as far as the writing goes: one for each principal,
// action and resource, each as its digest. Too many of them are none.
func (s *statement) atoms(most int) []string {
	actions := parts(folded(s.Action, evaluate.Lower), folded(s.NotAction, evaluate.Lower))
	resources := parts(s.Resource, folded(s.NotResource, strings.Clone))
	named := parts(s.Principal.sorted(), s.NotPrincipal.sorted())
	if len(actions)*len(resources)*len(named) > most {
		return nil
	}
	condition := sha256.Sum256([]byte(quoted(s.conditionTexts()...)))
	tail := quoted(s.Effect, string(condition[:]), map[bool]string{true: "variables"}[s.variables()])
	var list []string
	for _, who := range named {
		for _, action := range actions {
			for _, resource := range resources {
				sum := sha256.Sum256([]byte(who + action + resource + tail))
				list = append(list, string(sum[:]))
			}
		}
	}
	return list
}

// parts are those of an element, each by itself. All but some, or all because the element is missing, are one.
func parts(some, not words) words {
	switch {
	case len(not) > 0:
		return words{quoted(append(words{"not"}, not...)...)}
	case len(some) == 0:
		return words{quoted()}
	}
	list := make(words, len(some))
	for i, text := range some {
		list[i] = quoted("", text)
	}
	return list
}

// quoted are texts as one, of which no others are the same: how many, and each with its length.
func quoted(texts ...string) string {
	b := strconv.AppendInt(nil, int64(len(texts)), 10)
	for _, text := range texts {
		b = append(strconv.AppendInt(append(b, ':'), int64(len(text)), 10), ':')
		b = append(b, text...)
	}
	return string(b)
}

func folded(list words, fold func(string) string) words {
	var out words
	for _, w := range list {
		out = append(out, fold(w))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sorted are the principals as kind and name, an account by its number alone.
func (p principals) sorted() words {
	var list words
	for kind, names := range p {
		for _, name := range names {
			if account, is := accountOf(name); is && kind == "AWS" {
				name = account
			}
			list = append(list, quoted(kind, name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// accountOf is the account that a principal is the whole of.
func accountOf(principal string) (string, bool) {
	if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
		return principal, true
	}
	before, ok := strings.CutSuffix(principal, ":root")
	at := strings.LastIndex(before, ":iam::")
	if !ok || at < 0 || !strings.HasPrefix(before[:at], "arn:") {
		return "", false
	}
	account := before[at+len(":iam::"):]
	return account, account != "" && !strings.Contains(account, ":")
}

// conditionTexts are the conditions, all of which have to hold, in a form that is the same for the same meaning.
func (s *statement) conditionTexts() []string {
	var list []string
	for operator, of := range s.Condition {
		for key, values := range of {
			list = append(list, quoted(append(words{usual(operator, values), evaluate.Lower(key)}, folded(values, strings.Clone)...)...))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// usual is the operator in lower case, and one name for two that mean the same.
func usual(operator string, values words) string {
	operator = evaluate.Lower(operator)
	operator = strings.Replace(operator, "arnequals", "arnlike", 1)
	operator = strings.Replace(operator, "arnnotequals", "arnnotlike", 1)
	if !strings.ContainsAny(strings.Join(values, ""), "*?") {
		operator = strings.Replace(operator, "stringlike", "stringequals", 1)
		operator = strings.Replace(operator, "stringnotlike", "stringnotequals", 1)
	}
	return operator
}

// text is the statement as JSON, with nothing but its conditions about a key, and for principals alone if key is "".
func (s *statement) text(key string) string {
	part := map[string]any{"Effect": "Deny", "Action": "*"}
	switch {
	case key != "":
		part["Condition"], part["Resource"] = s.about(key), "*"
	case len(s.NotPrincipal) > 0:
		part["NotPrincipal"] = s.NotPrincipal.json()
	default:
		part["Principal"] = s.Principal.json()
	}
	b, _ := json.Marshal(map[string]any{"Version": s.version, "Statement": part}) // never fails for texts
	if s.version == "" {
		b, _ = json.Marshal(map[string]any{"Statement": part})
	}
	return string(b)
}

func (p principals) json() any {
	if slices.Contains(p["AWS"], "*") && len(p) == 1 {
		return "*"
	}
	return maps.Clone(map[string]words(p))
}

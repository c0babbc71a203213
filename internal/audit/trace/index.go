package trace

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// skew is how long before a credential's record what was done with it may be told: the record has the time of the machine that
// asked, and a log that of the cloud.
const skew = 5 * time.Minute

// Person is who signed in.
type Person struct{ Identity, Issuer, Subject string }

// Holder is whose credentials something was done with. What the record does not tell for certain is "": which of two runs it was
// that used the same credentials.
type Holder struct {
	Person
	Role, Rule string // of the map; Rule is the group that gives it
	Run, Host  string // Host is the machine that asked
	Agent      string
	Reason     string
	Session    string // its name
	Key        string // access key ID
}

// issued is one credential of the record.
type issued struct {
	Holder                          // without what uses tell
	origin, source, roleARN, parent string
	from, until                     int64 // in seconds; from is when the record first tells of it
	uses                            []use
	disputed                        bool // two records tell of different people
	// unkeyed says that the record does not have the key that it is used with: nothing but names leads to it.
	unkeyed   bool
	workspace string // ID of the only one that a token is for, "" if that is not known
	principal string // service principal that a token is of, in small letters
	held      *Holder
}

// use is what one or several records tell of what a credential was fetched for, and when the first of them was made.
type use struct {
	run, host, agent, reason string
	from                     int64
}

// Index finds credentials of the record. It is filled by IndexOf alone, and safe for concurrent use afterwards.
type Index struct {
	keys                      map[string]*issued
	parents                   map[string][]*issued
	origins, sources, byNames map[string][]*issued
	users                     map[string][]*issued // of Databricks
	longest                   int64                // life of a credential, in seconds
	words                     map[string]string    // texts that stand in many records, held once
	tokens                    map[token]*issued
	names                     map[account]named
	count                     int
}

// token tells one workspace token from another: the record has no more of it.
type token struct {
	user, workspace string
	Person
	role  string
	until int64
}

// IndexOf reads the record. What was refused gives no credential, and is left out.
func IndexOf(record iter.Seq2[audit.Record, error]) (*Index, error) {
	x := &Index{
		keys: map[string]*issued{}, parents: map[string][]*issued{}, origins: map[string][]*issued{}, sources: map[string][]*issued{},
		byNames: map[string][]*issued{}, users: map[string][]*issued{}, words: map[string]string{}, tokens: map[token]*issued{},
		names: map[account]named{},
	}
	for r, err := range record {
		if err != nil {
			return nil, err
		}
		x.learn(&r)
		x.add(&r)
	}
	for _, lists := range []map[string][]*issued{x.parents, x.origins, x.sources, x.byNames, x.users} {
		for _, list := range lists {
			x.arrange(list)
		}
	}
	for _, c := range x.keys {
		x.arrange([]*issued{c})
	}
	x.words, x.tokens = nil, nil
	return x, nil
}

// Credentials is how many of them the record tells of.
func (x *Index) Credentials() int { return x.count }

// arrange orders a list by when its credentials begin.
func (x *Index) arrange(list []*issued) {
	slices.SortFunc(list, func(a, b *issued) int { return cmp.Compare(a.from, b.from) })
	for _, c := range list {
		x.longest = max(x.longest, c.until-c.from)
		if len(c.uses) == 1 && c.held == nil {
			held := c.Holder
			held.Run, held.Host, held.Agent, held.Reason = c.uses[0].run, c.uses[0].host, c.uses[0].agent, c.uses[0].reason
			c.held = &held
		}
	}
}

func (x *Index) add(r *audit.Record) {
	if !slices.Contains(issuing[:], r.Activity) || r.Refused != nil || r.Expires.IsZero() || r.Time.IsZero() {
		return
	}
	c := &issued{
		Holder: Holder{
			Person: Person{x.word(r.Identity), x.word(r.Issuer), x.word(r.Subject)}, Role: x.word(r.Role), Rule: x.word(r.Group),
			Session: x.word(r.SessionName), Key: r.AccessKeyID,
		},
		origin: x.word(r.Subject), source: x.word(r.SourceIdentity), roleARN: x.word(roleOf(r)), parent: r.ParentAccessKeyID,
		from: r.Time.Unix(), until: r.Expires.Unix(),
		uses: []use{{x.word(r.Run), x.word(r.Hostname), x.word(r.Agent), x.word(r.Reason), r.Time.Unix()}},
	}
	if !r.Since.IsZero() && r.Since.Before(r.Time) {
		c.from, c.uses[0].from = r.Since.Unix(), r.Since.Unix()
	}
	if r.Host != "" {
		x.addToken(c, r)
		return
	}
	if r.Activity == audit.Console {
		x.addNames(consoleOf(c))
	}
	if c.Key != "" {
		if known := x.keys[c.Key]; known != nil {
			known.merge(c)
			return
		}
		x.keys[c.Key] = c
	}
	c.unkeyed = c.Key == ""
	x.count++
	into(x.parents, c.parent, c)
	x.addNames(c)
}

// consoleOf is what AWS's console has of credentials that a link to it was made with: their session, by keys of its own.
func consoleOf(c *issued) *issued {
	own := *c
	own.Key, own.parent, own.unkeyed, own.uses = "", "", true, slices.Clone(c.uses)
	return &own
}

// addNames adds the names that a credential is found by.
func (x *Index) addNames(c *issued) {
	into(x.origins, c.origin, c)
	into(x.sources, c.source, c)
	if c.roleARN != "" && c.Session != "" {
		into(x.byNames, nameIn(c.roleARN, c.Session), c)
	}
}

// addToken adds a workspace's token, by the name that the workspace knows its bearer by.
func (x *Index) addToken(c *issued, r *audit.Record) {
	user := strings.ToLower(cmp.Or(r.ServicePrincipal, r.Subject))
	c.workspace, c.principal = r.WorkspaceID, strings.ToLower(r.ServicePrincipal)
	which := token{user, c.workspace, c.Person, c.Role, c.until}
	if known := x.tokens[which]; known != nil {
		known.merge(c)
		return
	}
	x.tokens[which] = c
	x.count++
	into(x.users, user, c)
	if session := strings.ToLower(c.Session); session != user {
		into(x.users, session, c)
	}
}

// merge adds what another record tells of the same credential: that it was served again.
func (c *issued) merge(other *issued) {
	c.disputed = c.disputed || c.Person != other.Person || c.Role != other.Role
	c.from, c.until = min(c.from, other.from), max(c.until, other.until)
	more := other.uses[0]
	for i := range c.uses {
		if u := &c.uses[i]; u.run == more.run && u.host == more.host && u.agent == more.agent && u.reason == more.reason {
			u.from = min(u.from, more.from)
			return
		}
	}
	c.uses = append(c.uses, more)
}

func into(lists map[string][]*issued, name string, c *issued) {
	if name != "" {
		lists[name] = append(lists[name], c)
	}
}

// word is the text itself, held once.
func (x *Index) word(text string) string {
	if known, ok := x.words[text]; ok {
		return known
	}
	text = strings.Clone(text)
	x.words[text] = text
	return text
}

// nameIn is what a session is found by: its name alone is anybody's to choose.
func nameIn(role, session string) string { return role + "\n" + session }

// roleOf is the role of a record as sessionRole says it of an entry: the ARN, or account and permission set of Identity Center.
func roleOf(r *audit.Record) string { return cmp.Or(sessionRole(r.RoleARN), r.PermissionSet) }

// sessionRole is a role's ARN, and of a role that Identity Center made for a permission set that set, as in 111122223333/MLAdmin:
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func sessionRole(arn string) string {
	set, ok := strings.CutPrefix(arn[strings.LastIndexByte(arn, '/')+1:], "AWSReservedSSO_")
	end := strings.LastIndexByte(set, '_')
	parts := strings.SplitN(arn, ":", 6)
	if !ok || end <= 0 || len(parts) < 6 {
		return arn
	}
	return parts[4] + "/" + set[:end]
}

package revoke

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	idp     = "https://idp.example.com"
	trainer = "arn:aws:iam::111122223333:role/ml-trainer"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 500e6, time.UTC)

func alice() audit.Who { return audit.Who{Identity: "acme", Issuer: idp, Subject: "00u1alice"} }
func bob() audit.Who   { return audit.Who{Identity: "acme", Issuer: idp, Subject: "00u2bob"} }

// assumed is a session of the trainer's role, an hour long, that began some time ago.
func assumed(who audit.Who, session, key string, ago time.Duration, more ...func(*audit.Record)) audit.Record {
	r := audit.New(noon.Add(-ago), audit.Assume, who)
	r.Role, r.RoleARN, r.SessionName, r.AccessKeyID, r.Expires = "ml-trainer", trainer, session, key, noon.Add(time.Hour-ago)
	for _, m := range more {
		m(&r)
	}
	return r
}

func records(all ...audit.Record) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func bookOf(t *testing.T, all ...audit.Record) *Book {
	t.Helper()
	b, err := Read(records(all...), noon)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func planOf(t *testing.T, person string, terms Terms, all ...audit.Record) *Plan {
	t.Helper()
	b := bookOf(t, all...)
	h, err := b.Find(person, "")
	if err != nil {
		t.Fatal(err)
	}
	return b.Of(h, terms)
}

// asks is a request of the session that a record tells of, as AWS sees it.
func asks(r audit.Record) evaluate.Request {
	context := map[string][]string{
		"aws:userid": {"AROAEXAMPLE:" + r.SessionName}, "aws:TokenIssueTime": {r.Time.UTC().Truncate(time.Second).Format(time.RFC3339)},
	}
	if r.SourceIdentity != "" {
		context["aws:SourceIdentity"] = []string{r.SourceIdentity}
	}
	role := r.RoleARN[strings.LastIndexByte(r.RoleARN, '/')+1:]
	return evaluate.Request{
		Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/1", Role: r.RoleARN, Context: context,
		Principal: "arn:aws:sts::111122223333:assumed-role/" + role + "/" + r.SessionName,
	}
}

func denies(t *testing.T, d Denial, r audit.Record) bool {
	t.Helper()
	p, err := evaluate.Parse(string(d.Policy))
	if err != nil {
		t.Fatalf("%v in %s", err, d.Policy)
	}
	return p.Evaluate(asks(r)).Effect == evaluate.Deny
}

func source(name string) func(*audit.Record) {
	return func(r *audit.Record) { r.SourceIdentity = name }
}

// Each key by which AWS knows a session: the person's are denied, others' and later ones are not.
func TestOnlyThePersonIsDenied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alice, bob func(*audit.Record)
		key        string
		session    string // of bob
	}{
		"source identity":               {source("alice@acme.com"), source("bob@acme.com"), sourceIdentity, "bob@acme.com"},
		"source identity, one session":  {source("alice@acme.com"), source("bob@acme.com"), sourceIdentity, "alice@acme.com"},
		"session name":                  {source(""), source(""), userID, "bob@acme.com"},
		"session name within another":   {source(""), source(""), userID, "malice@acme.com"},
		"session name that goes on":     {source(""), source(""), userID, "alice@acme.com.au"},
		"source with signs":             {source("a*${aws:userid}?$"), source("a-x"), sourceIdentity, "alice@acme.com"},
		"source that IAM does not take": {source("ålice\u202e☃"), source("alice"), sourceIdentity, "alice@acme.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hers := assumed(alice(), "alice@acme.com", "ASIA1", 10*time.Minute, c.alice)
			run := assumed(alice(), "alice@acme.com,churn-7", "ASIA2", 5*time.Minute, c.alice)
			elsewhere := assumed(alice(), "alice@acme.com,other", "ASIA9", time.Minute, c.alice) // in no record that was read
			his := assumed(bob(), c.session, "ASIA3", 10*time.Minute, c.bob)
			later := assumed(alice(), "alice@acme.com", "ASIA4", -2*time.Second, c.alice)
			p := planOf(t, "00u1alice", Terms{}, hers, run, his)
			if len(p.Denials) != 1 || len(p.Denials[0].By) != 1 || p.Denials[0].By[0].Key != c.key || len(p.Alive) != 2 || !p.Alive[0].Denied || !p.Alive[1].Denied {
				t.Fatalf("%+v", p)
			}
			d := p.Denials[0]
			for what, r := range map[string]audit.Record{"hers": hers, "a run of hers": run, "hers elsewhere": elsewhere} {
				if !denies(t, d, r) {
					t.Errorf("%s goes on: %s", what, d.Policy)
				}
			}
			for what, r := range map[string]audit.Record{"his": his, "hers of later": later} {
				if denies(t, d, r) {
					t.Errorf("%s is denied: %s", what, d.Policy)
				}
			}
			for _, c := range string(d.Policy) {
				if c < ' ' || c > '~' {
					t.Fatalf("IAM takes no %q: %s", c, d.Policy)
				}
			}
			if again, err := ReadDenial(d.RoleARN, d.PolicyName, string(d.Policy)); err != nil || string(again.Policy) != string(d.Policy) || !again.Before.Equal(d.Before) {
				t.Errorf("read back: %+v, %v", again, err)
			}
		})
	}
}

// One subject at two providers is two people.
func TestASubjectIsOfItsIssuer(t *testing.T) {
	t.Parallel()
	other := alice()
	other.Issuer = "https://other.example.com"
	hers, namesake := assumed(alice(), "alice,a", "ASIA1", time.Minute, source("a")), assumed(other, "alice,b", "ASIA2", time.Minute, source("b"))
	b := bookOf(t, hers, namesake)
	if _, err := b.Find("alice", ""); ui.IDOf(err) != "revoke-person-ambiguous" || !strings.Contains(ui.HintOf(err), "dbxaccess revoke 00u1alice --issuer https://other.example.com") {
		t.Fatalf("%v: %s", err, ui.HintOf(err))
	}
	h, err := b.Find("ALICE", idp)
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Of(h, Terms{}).Denials[0]; !denies(t, d, hers) || denies(t, d, namesake) {
		t.Errorf("%s", d.Policy)
	}
	if _, err := b.Find("alise", ""); ui.IDOf(err) != "revoke-person-unknown" || !strings.Contains(ui.HintOf(err), "alice") {
		t.Errorf("%v: %s", err, ui.HintOf(err))
	}
}

// What two people bear denies neither.
func TestASharedNameIsNotUsed(t *testing.T) {
	t.Parallel()
	hers, his := assumed(alice(), "ml-team", "ASIA1", time.Minute), assumed(bob(), "ml-team", "ASIA2", 3*time.Hour)
	p := planOf(t, "00u1alice", Terms{}, hers, his)
	if len(p.Denials) > 0 || p.Alive[0].Denied || !strings.Contains(p.Left[0].Why, "ml-team") {
		t.Errorf("%+v", p)
	}
	// A source identity of their own takes its place, and one that is shared does not.
	p = planOf(t, "00u1alice", Terms{}, assumed(alice(), "ml-team", "ASIA1", time.Minute, source("alice")), his)
	if len(p.Denials) != 1 || p.Denials[0].By[0].Key != sourceIdentity || len(p.Denials[0].By) != 1 {
		t.Errorf("%+v", p)
	}
	p = planOf(t, "00u1alice", Terms{}, assumed(alice(), "alice", "ASIA1", time.Minute, source("team")), assumed(bob(), "bob", "ASIA2", time.Minute, source("team")))
	if len(p.Denials) != 1 || p.Denials[0].By[0].Key != userID {
		t.Errorf("%+v", p)
	}
}

func TestWhatIsAlive(t *testing.T) {
	t.Parallel()
	hers := assumed(alice(), "alice", "ASIA1", 50*time.Minute)
	served := hers
	served.Activity, served.Time = audit.Serve, noon.Add(-time.Minute)
	ended := assumed(alice(), "alice", "ASIA0", 2*time.Hour)
	refused := assumed(alice(), "alice", "", time.Minute)
	refused.Refused = errors.New("no")
	token := audit.New(noon.Add(-time.Minute), audit.Exchange, alice())
	token.Host, token.Expires = "https://dbc-1.cloud.databricks.com", noon.Add(20*time.Minute)
	vended := audit.New(noon.Add(-time.Minute), audit.Vend, alice())
	vended.Vended, vended.AccessKeyID, vended.Host, vended.Expires = "table main.ml.churn, read", "ASIAV", token.Host, noon.Add(30*time.Minute)
	console := assumed(alice(), "alice", "ASIA1", time.Minute)
	console.Activity = audit.Console
	set := audit.New(noon.Add(-time.Minute), audit.Assume, alice())
	set.PermissionSet, set.SessionName, set.AccessKeyID, set.Expires = "111122223333/MLAdmin", "alice", "ASIAS", noon.Add(4*time.Hour)
	p := planOf(t, "alice", Terms{}, served, hers, ended, refused, token, vended, console, set)
	var kinds []string
	for _, c := range p.Alive {
		kinds = append(kinds, fmt.Sprint(c.Kind, " ", c.AccessKeyID, " ", c.Denied))
	}
	want := []string{"aws-keys ASIA1 true", "workspace-token  false", "vended-keys ASIAV false", "console ASIA1 true", "aws-keys ASIAS true"}
	if !slices.Equal(kinds, want) || !p.Alive[0].Issued.Equal(hers.Time) {
		t.Errorf("%q, %v", kinds, p.Alive[0].Issued)
	}
	if len(p.Left) != 4 || p.Left[0].Ends == nil || p.Left[3].Ends != nil {
		t.Errorf("%+v", p.Left)
	}
	// The permission set's policy may stand where it meets every role.
	if d := p.Denials[0]; d.PermissionSet != "111122223333/MLAdmin" || !d.Reserved() || denies(t, d, hers) {
		t.Errorf("%+v %s", d, d.Policy)
	}
	set.RoleARN = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLAdmin_0123456789abcdef"
	if !denies(t, p.Denials[0], set) {
		t.Errorf("%s", p.Denials[0].Policy)
	}
	set.RoleARN = strings.Replace(set.RoleARN, "MLAdmin", "MLAdmin_x", 1)
	if denies(t, p.Denials[0], set) {
		t.Errorf("another permission set is denied: %s", p.Denials[0].Policy)
	}
}

// --since spares what is older, and says so of what nobody knows the age of.
func TestSince(t *testing.T) {
	t.Parallel()
	old, recent := assumed(alice(), "alice", "ASIA1", 40*time.Minute), assumed(alice(), "alice", "ASIA2", 10*time.Minute)
	unknown := assumed(alice(), "alice", "ASIA3", 5*time.Minute)
	unknown.Activity = audit.Serve
	p := planOf(t, "alice", Terms{Since: noon.Add(-20 * time.Minute), Ahead: time.Hour}, old, recent, unknown)
	if len(p.Alive) != 2 || len(p.Denials) != 1 {
		t.Fatalf("%+v", p)
	}
	d := p.Denials[0]
	later := assumed(alice(), "alice", "ASIA4", -50*time.Minute)
	if denies(t, d, old) || !denies(t, d, recent) || !denies(t, d, later) {
		t.Errorf("%s", d.Policy)
	}
	for _, c := range p.Alive {
		if c.Denied != (c.AccessKeyID == "ASIA2") {
			t.Errorf("%+v", c)
		}
	}
}

// A provider's own key makes one person of two clients' subjects, in whatever order the records come.
// A sign-in tells what the person is called by now, which no session's name may say.
func TestAPersonIsFoundAsTheyAreCalled(t *testing.T) {
	t.Parallel()
	signIn := audit.New(noon, audit.SignIn, alice())
	signIn.Name, signIn.Email = "Alice Adams", "alice.adams@example.com"
	all := []audit.Record{assumed(alice(), "alice@example.com", "ASIA1", time.Minute), signIn, assumed(bob(), "bob@example.com", "ASIA2", time.Minute)}
	for _, text := range []string{"alice adams", "alice.adams@example.com", "alice@example.com"} {
		if h, err := bookOf(t, all...).Find(text, ""); err != nil || h.who.Subject != "00u1alice" {
			t.Errorf("%s: %v", text, err)
		}
	}
	twin := audit.New(noon, audit.SignIn, bob())
	twin.Name = "Alice Adams"
	if _, err := bookOf(t, append(all, twin)...).Find("Alice Adams", ""); ui.IDOf(err) != "revoke-person-ambiguous" {
		t.Errorf("of two who are called the same, one is taken: %v", err)
	}
}

func TestOneKeyIsOnePerson(t *testing.T) {
	t.Parallel()
	first, second := alice(), alice()
	first.Key, second.Key, second.Subject = "oid@tid", "oid@tid", "other-client"
	one, two := assumed(first, "alice", "ASIA1", time.Minute), assumed(second, "alice", "ASIA2", time.Minute)
	bare := assumed(alice(), "alice", "ASIA3", time.Minute)
	names := map[string]bool{}
	for _, order := range [][]audit.Record{{one, two, bare}, {bare, two, one}, {two, bare, one}} {
		b := bookOf(t, order...)
		h, err := b.Find("alice", "")
		if err != nil {
			t.Fatal(err)
		}
		p := b.Of(h, Terms{})
		if len(p.Alive) != 3 || len(p.Denials) != 1 {
			t.Errorf("%+v", p)
		}
		names[h.PolicyName()] = true
	}
	if len(names) != 1 {
		t.Errorf("policies: %v", names)
	}
}

func TestWhatIsNotOursIsNotRead(t *testing.T) {
	t.Parallel()
	d := planOf(t, "alice", Terms{}, assumed(alice(), "alice", "ASIA1", time.Minute)).Denials[0]
	document := string(d.Policy)
	for _, changed := range []string{
		strings.Replace(document, `"Action":"*"`, `"Action":"s3:*"`, 1), strings.Replace(document, "Deny", "Allow", 1), strings.Replace(document, "*:alice", "*", 1),
		strings.Replace(document, `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},`, 1), `{"Version":"2012-10-17","Statement":[]}`, "{}", "", "[]",
	} {
		if changed == document {
			t.Fatal("nothing was changed")
		}
		if got, err := ReadDenial(trainer, d.PolicyName, changed); err == nil {
			t.Errorf("%s: %+v", changed, got)
		}
	}
	spaced := strings.ReplaceAll(document, ",", " ,\n ")
	if strings.Contains(document, "*:alice,*") {
		spaced = strings.ReplaceAll(document, `",`, "\" ,\n ")
	}
	if _, err := ReadDenial(trainer, d.PolicyName, spaced); err != nil {
		t.Errorf("white space: %v", err)
	}
}

// What was denied stays so, whatever is said again.
func TestJoining(t *testing.T) {
	t.Parallel()
	first := planOf(t, "00u1alice", Terms{Ahead: time.Hour}, assumed(alice(), "alice", "ASIA1", 50*time.Minute)).Denials[0]
	second := planOf(t, "00u1alice", Terms{Since: noon.Add(-time.Minute)}, assumed(alice(), "alicia", "ASIA2", time.Second, source("alice@acme.com"))).Denials[0]
	both := second
	both.Join(&first)
	for _, r := range []audit.Record{assumed(alice(), "alice", "", 50*time.Minute), assumed(alice(), "alice", "", -30*time.Minute), assumed(alice(), "x", "", 0, source("alice@acme.com"))} {
		if !denies(t, both, r) {
			t.Errorf("%+v goes on: %s", r, both.Policy)
		}
	}
	if both.Over(noon.Add(13*time.Hour-time.Minute)) || !both.Over(noon.Add(13*time.Hour+time.Minute)) {
		t.Error(both.Ends())
	}
}

// Random records of few people with few names: whoever is denied is the person, and what is said to be denied is.
func TestRandomRecords(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var all []audit.Record
		for i := range 12 {
			who := audit.Who{Issuer: []string{idp, "https://b.example"}[rnd.IntN(2)], Subject: fmt.Sprint("s", rnd.IntN(3))}
			r := assumed(who, fmt.Sprint("n", rnd.IntN(4)), fmt.Sprint("ASIA", i), time.Duration(rnd.IntN(59))*time.Minute)
			if rnd.IntN(2) == 0 {
				r.SourceIdentity = fmt.Sprint("i", rnd.IntN(4))
			}
			r.RoleARN = fmt.Sprint(trainer, rnd.IntN(2))
			all = append(all, r)
		}
		b := bookOf(t, all...)
		h, err := b.Find(all[0].Subject, all[0].Issuer)
		if err != nil {
			t.Fatal(err)
		}
		p := b.Of(h, Terms{})
		for _, r := range all {
			hers := r.Issuer == all[0].Issuer && r.Subject == all[0].Subject
			denied := slices.ContainsFunc(p.Denials, func(d Denial) bool { return d.RoleARN == r.RoleARN && denies(t, d, r) })
			said := slices.ContainsFunc(p.Alive, func(c Credential) bool { return c.AccessKeyID == r.AccessKeyID && c.Denied })
			if denied && !hers || said && !denied {
				t.Fatalf("seed %d: %+v: hers %t, denied %t, said %t", seed, r, hers, denied, said)
			}
		}
	}
}

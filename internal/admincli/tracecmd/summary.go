package tracecmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// summary is what adds up, as -o json shows it.
type summary struct {
	Entries    int64              `json:"entries"`
	Accesses   int64              `json:"accesses_in_all"`
	Duplicates int64              `json:"duplicates"`
	Joined     map[trace.By]int64 `json:"joined"`
	Named      int64              `json:"joined_by_a_name"` // of those, by a name that others can choose
	JoinedBy   []joinedBy         `json:"-"`                // Joined, in order
	NotJoined  []notJoined        `json:"not_joined"`
	People     []personSum        `json:"people"`
	Datasets   []datasetSum       `json:"datasets"`
	Runs       []runSum           `json:"runs"`
	Grants     []grantSum         `json:"grants"`
	Problems   []trace.Problem    `json:"problems"`
	Files      int                `json:"files"`
	Known      int                `json:"credentials_in_record"`
	Damaged    int                `json:"damaged_lines_of_record"`
	Proven     bool               `json:"record_signed_by_known_key"`
	Forgetful  bool               `json:"duplicates_perhaps_counted"`

	// By and Scanned are those of a join that an engine made, and bytes that it read: "" and 0 else, and where it does not say.
	By      string `json:"engine,omitempty"`
	Scanned int64  `json:"bytes_scanned,omitempty"`

	tally  *trace.Tally
	naming naming
}

type notJoined struct {
	Why      trace.Reason `json:"reason"`
	Means    string       `json:"means"`
	Accesses int64        `json:"accesses"`
}

type joinedBy struct {
	Means    string
	Accesses int64
}

type sum struct {
	Reads   int64     `json:"reads"`
	Writes  int64     `json:"writes"`
	Deletes int64     `json:"deletes"`
	Refused int64     `json:"refused"`
	Bytes   int64     `json:"bytes_read"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

func sumOf(s *trace.Sum) sum {
	return sum{s.Reads, s.Writes, s.Deletes, s.Refused, s.Bytes, time.Unix(s.First, 0).UTC(), time.Unix(s.Last, 0).UTC()}
}

type personSum struct {
	Person   string `json:"person"` // "" sums up those that are not told apart
	Name     string `json:"person_name"`
	Identity string `json:"identity"`
	Issuer   string `json:"issuer"`
	Shown    string `json:"-"` // see naming
	sum
}

type datasetSum struct {
	Dataset string `json:"dataset"` // "" is data of no dataset
	sum
}

type runSum struct {
	Run      string `json:"run"`
	Person   string `json:"person"`
	Name     string `json:"person_name"`
	Identity string `json:"identity"`
	Shown    string `json:"-"`
	sum
}

type grantSum struct {
	Identity string     `json:"identity"`
	Group    string     `json:"group"`
	Role     string     `json:"role"`
	Dataset  string     `json:"dataset"`
	Verb     trace.Verb `json:"verb"`
	sum
}

func summaryOf(state *trace.State, record *recordOf) *summary {
	t := state.Tally
	s := &summary{
		Entries: t.Events, Accesses: t.Accesses, Duplicates: t.Duplicates, Joined: t.Joined, NotJoined: []notJoined{}, JoinedBy: []joinedBy{}, People: []personSum{}, Datasets: []datasetSum{},
		Runs: []runSum{}, Grants: []grantSum{}, Problems: append([]trace.Problem{}, state.Problems...), Files: len(state.Files), Known: record.index.Credentials(),
		Damaged: record.damaged, Proven: record.proven, Forgetful: state.Forgetful, tally: t,
	}
	s.naming = namingOf(t, record.index)
	for i := range s.Problems {
		p := &s.Problems[i]
		p.File, p.What = ui.Clean(p.File), ui.Cut(ui.Clean(p.What), maxText)
	}
	for _, by := range trace.Bys() {
		n := t.Joined[by]
		if n > 0 {
			s.JoinedBy = append(s.JoinedBy, joinedBy{by.Words(), n})
		}
		if by.Named() {
			s.Named += n
		}
	}
	for _, why := range trace.Reasons() {
		if n := t.NotJoined[why]; n > 0 {
			s.NotJoined = append(s.NotJoined, notJoined{why, why.Words(), n})
		}
	}
	for _, p := range t.People.Sorted(trace.Person.Compare) {
		s.People = append(s.People, personSum{ui.Clean(p.Subject), s.naming.name(p), ui.Clean(p.Identity), ui.Clean(p.Issuer), s.naming.shown(p), sumOf(t.People.By[p])})
	}
	for _, d := range t.Datasets.Sorted(strings.Compare) {
		s.Datasets = append(s.Datasets, datasetSum{d, sumOf(t.Datasets.By[d])})
	}
	for _, r := range t.Runs.Sorted(trace.RunOf.Compare) {
		s.Runs = append(s.Runs, runSum{ui.Clean(r.Run), ui.Clean(r.Person.Subject), s.naming.name(r.Person), ui.Clean(r.Person.Identity), s.naming.shown(r.Person), sumOf(t.Runs.By[r])})
	}
	for _, g := range t.Grants.Sorted(trace.Grant.Compare) {
		s.Grants = append(s.Grants, grantSum{ui.Clean(g.Identity), ui.Clean(g.Rule), ui.Clean(g.Role), g.Dataset, g.Verb, sumOf(t.Grants.By[g])})
	}
	if o := t.People.Others; o.Last > 0 {
		s.People = append(s.People, personSum{sum: sumOf(&o)})
	}
	if o := t.Runs.Others; o.Last > 0 {
		s.Runs = append(s.Runs, runSum{sum: sumOf(&o)})
	}
	return s
}

// joined is how many accesses were.
func (s *summary) joined() (n int64) {
	for _, k := range s.Joined {
		n += k
	}
	return n
}

// line is the summary in a sentence.
func (s *summary) line() string {
	if s.By != "" {
		text := fmt.Sprintf("%d of %s joined by %s", s.joined(), ui.Count(int(s.Accesses), "access", "accesses"), s.By)
		if s.Scanned > 0 {
			text += ", which read " + size(s.Scanned)
		}
		return text + "."
	}
	text := fmt.Sprintf("%d of %s joined, of %s in %s", s.joined(),
		ui.Count(int(s.Accesses), "access", "accesses"), ui.Count(int(s.Entries), "entry", "entries"), ui.Count(s.Files, "file", "files"))
	if s.Duplicates > 0 {
		text += fmt.Sprintf("; %d of them came twice", s.Duplicates)
	}
	return text + "."
}

func printTables(out io.Writer, s *summary) error {
	var people, datasets, runs, joined, others [][]string
	for _, p := range s.People {
		people = append(people, append([]string{cmp.Or(p.Shown, "others"), p.Identity}, p.cells()...))
	}
	for _, d := range s.Datasets {
		datasets = append(datasets, append([]string{cmp.Or(d.Dataset, "none")}, d.cells()...))
	}
	for _, r := range s.Runs {
		runs = append(runs, append([]string{cmp.Or(r.Run, "others"), ui.OrDash(r.Shown)}, r.cells()...))
	}
	for _, b := range s.JoinedBy {
		joined = append(joined, []string{fmt.Sprint(b.Accesses), b.Means})
	}
	for _, n := range s.NotJoined {
		others = append(others, []string{fmt.Sprint(n.Accesses), n.Means})
	}
	sums := []string{"READS", "WRITES", "DELETES", "REFUSED", "READ", "LAST"}
	for _, t := range []struct {
		header []string
		rows   [][]string
	}{
		{append([]string{"PERSON", "IDENTITY"}, sums...), people}, {append([]string{"DATASET"}, sums...), datasets},
		{append([]string{"RUN", "PERSON"}, sums...), runs}, {[]string{"JOINED", "BY"}, joined}, {[]string{"NOT JOINED", "WHY"}, others},
	} {
		if len(t.rows) == 0 {
			continue
		}
		if err := ui.PrintTable(out, t.header, t.rows); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, s.line(), "Times are in UTC.")
	return err
}

func (s sum) cells() []string {
	return []string{
		fmt.Sprint(s.Reads), fmt.Sprint(s.Writes), fmt.Sprint(s.Deletes), fmt.Sprint(s.Refused), size(s.Bytes), s.Last.Format("2006-01-02 15:04"),
	}
}

// size is a number of bytes as people read it.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	amount, unit := float64(n)/1000, 0
	for amount >= 999.5 {
		amount, unit = amount/1000, unit+1
	}
	return fmt.Sprintf("%.3g %cB", amount, "kMGTPE"[unit])
}

// progress is what is shown during the work.
func progress(entries, before int64, files int) string {
	return fmt.Sprintf("tracing %s: %d entries", ui.Count(files, "file", "files"), before+entries)
}

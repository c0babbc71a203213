package profiles

import (
	"runtime"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AWSProfile is a profile that shall be in ~/.aws/config.
type AWSProfile struct {
	Name     string // of the profile: prefix and role, ^[a-z0-9][a-z0-9._-]{0,127}$
	Role     string // of the access map, ^[a-z0-9][a-z0-9._-]{0,62}$
	Identity string // of the access map, as Role
	Region   string // "" leaves a region that a person set as it is
}

// Entry is a section of ~/.aws/config that runs dbxaccess. Its texts stand as they do in the file: show them through
// ui.Clean.
type Entry struct {
	Profile  string
	Role     string // "" where the line names none
	Identity string
	Helper   string // the path that the line runs
	Region   string
	Line     int // of the header, from 1
	// Written: the command is the one we write and the profile's name ends with the role. Others a person made by
	// hand, under a name of their own; they are listed, but never removed.
	Written bool
}

// Option changes what PlanAWS does.
type Option func(*awsSync)

// Prune has the entries of these identities removed that were written by dbxaccess and are not wanted any more. Without
// it nothing is removed.
func Prune(identities ...string) Option {
	return func(s *awsSync) { s.prune = append(s.prune, identities...) }
}

// PlanAWS works out how the wanted profiles get into the config file: a missing section is added, one that runs
// dbxaccess is brought up to date, every other line keeps its bytes. Nothing is written before Apply.
//
// It refuses, with a hint, a name or path that is not safe in a command line, a section of a wanted name that doesn't
// run dbxaccess, a wanted name in the shared credentials file (static keys there beat credential_process), and a file
// in which a wanted section can't be told for certain, naming the line.
func PlanAWS(files AWSFiles, helper Helper, want []AWSProfile, options ...Option) (*Plan, error) {
	return planAWS(runtime.GOOS, files, helper, want, options)
}

func planAWS(goos string, files AWSFiles, helper Helper, want []AWSProfile, options []Option) (*Plan, error) {
	s := &awsSync{goos: goos, files: files, helper: helper, want: want}
	for _, option := range options {
		option(s)
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return newPlan(files.Config, s.work)
}

// RemoveAWS works out how the entries of these identities that were written by dbxaccess are removed; nil stands for
// every identity. Of a section to which a person added lines, these stay and the change's Note names them.
func RemoveAWS(files AWSFiles, identities []string) (*Plan, error) {
	return newPlan(files.Config, func(old []byte) (outcome, error) {
		doc, err := editor.Parse(old, editor.Prefixed)
		if err != nil {
			return outcome{}, err
		}
		changes, err := removeWritten(doc, func(e Entry) bool {
			return identities == nil || slices.Contains(identities, e.Identity)
		})
		data, diff := doc.Result(files.Config)
		return outcome{data: data, diff: diff, changes: changes}, err
	})
}

// ListAWS lists the entries that run dbxaccess, in the order of the file.
func ListAWS(files AWSFiles) ([]Entry, error) {
	doc, err := readDocument(files.Config, editor.Prefixed)
	if err != nil {
		return nil, err
	}
	return entries(doc), nil
}

const (
	keyProcess = "credential_process"
	keyRegion  = "region"
)

// awsSync is the wish behind PlanAWS.
type awsSync struct {
	goos   string // whose rules the helper line follows
	files  AWSFiles
	helper Helper
	want   []AWSProfile
	prune  []string
}

func (s *awsSync) validate() error {
	if _, err := s.helper.word(s.goos); err != nil {
		return err
	}
	seen := make(map[string]string, len(s.want))
	for _, p := range s.want {
		if err := p.validate(); err != nil {
			return err
		}
		if other, twice := seen[p.Name]; twice {
			return ui.Fault(ui.Failed, "choose a prefix or names that keep them apart",
				"the roles %s and %s would share the profile %s", other, p.Role, p.Name)
		}
		seen[p.Name] = p.Role
	}
	return nil
}

// names are the sections that are wanted.
func (s *awsSync) names() []string {
	names := make([]string, len(s.want))
	for i, p := range s.want {
		names[i] = p.Name
	}
	return names
}

func (s *awsSync) work(old []byte) (outcome, error) {
	if err := s.refuseShadowed(); err != nil {
		return outcome{}, err
	}
	return s.edit(old)
}

// edit is the pure part of work: bytes in, bytes out.
func (s *awsSync) edit(old []byte) (outcome, error) {
	doc, err := editor.Parse(old, editor.Prefixed)
	if err != nil {
		return outcome{}, err
	}
	ours := func(section *editor.Section) bool {
		_, ok := ownSection(section)
		return ok
	}
	if err := refuseForeign(s.files.Config, doc, s.names(), ours); err != nil {
		return outcome{}, err
	}
	done := outcome{warnings: s.helper.warnings(s.goos)}
	for _, p := range s.want {
		command, err := s.helper.line(s.goos, p.Role, p.Identity)
		if err != nil {
			return outcome{}, err
		}
		action, err := doc.Put(p.Name, []editor.Setting{{Key: keyProcess, Value: command}, {Key: keyRegion, Value: p.Region}})
		if err != nil {
			return outcome{}, err
		}
		done.changes = append(done.changes, Change{Profile: p.Name, Action: action})
		done.warnings = append(done.warnings, outranked(doc, p.Name)...)
	}
	removed, err := removeWritten(doc, func(e Entry) bool {
		return slices.Contains(s.prune, e.Identity) && !slices.Contains(s.names(), e.Profile)
	})
	done.data, done.diff = doc.Result(s.files.Config)
	done.changes = append(done.changes, removed...)
	return done, err
}

func removeWritten(doc *editor.Document, which func(Entry) bool) ([]Change, error) {
	var names []string
	for _, e := range entries(doc) {
		if e.Written && which(e) {
			names = append(names, e.Profile)
		}
	}
	return removeSections(doc, names, []string{keyProcess, keyRegion})
}

func entries(doc *editor.Document) []Entry {
	var all []Entry
	for _, s := range doc.Sections {
		own, ok := ownSection(s)
		if !ok {
			continue
		}
		e := Entry{
			Profile: s.Name, Role: own.role, Identity: own.identity, Helper: own.helper, Region: s.Value(keyRegion), Line: s.Line,
		}
		as := AWSProfile{Name: s.Name, Role: own.role, Identity: own.identity}
		e.Written = own.plain && strings.HasSuffix(s.Name, own.role) && as.validate() == nil
		all = append(all, e)
	}
	return all
}

func ownSection(s *editor.Section) (ownCommand, bool) {
	return parseOwn(s.Value(keyProcess))
}

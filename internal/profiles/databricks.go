package profiles

import (
	"runtime"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// DatabricksProfile is a profile that shall be in ~/.databrickscfg.
type DatabricksProfile struct {
	Name string // prefix and role, as AWSProfile.Name
	Host string // of the workspace: "https://name[:port]", http for loopback only
	// AccountID is that of the account where Host is its console, which the SDKs' account clients want; "" leaves one that
	// a person set as it is.
	AccountID string
}

// DatabricksEntry is a section of ~/.databrickscfg. Its texts stand as they do in the file: show them through ui.Clean.
type DatabricksEntry struct {
	Profile  string
	Host     string
	AuthType string
	Helper   string // databricks_cli_path, without quotes around it
	Line     int    // of the header, from 1
	// Written: the three settings are there as we write them, and the profile has a name that we could have given. Others
	// a person made by hand; they are listed, but never removed.
	Written bool
}

// DatabricksOption changes what PlanDatabricks does.
type DatabricksOption func(*databricksSync)

// PruneDatabricks has the entries removed that were written by dbxaccess, are not wanted any more and are stale in the
// caller's eyes. Without it nothing is removed.
func PruneDatabricks(stale func(profile string) bool) DatabricksOption {
	return func(s *databricksSync) { s.stale = stale }
}

// PlanDatabricks works out how the wanted profiles get into the config file: a missing section is added, one that runs
// dbxaccess is brought up to date, every other line keeps its bytes. Nothing is written before Apply.
//
// It refuses, with a hint, a name, host or path that not every SDK reads as it is, a section of a wanted name that
// doesn't run dbxaccess, and a file in which a wanted section can't be told for certain, naming the line.
func PlanDatabricks(file string, helper Helper, want []DatabricksProfile, options ...DatabricksOption) (*Plan, error) {
	return planDatabricks(runtime.GOOS, file, helper, want, options)
}

func planDatabricks(goos, file string, helper Helper, want []DatabricksProfile, options []DatabricksOption) (*Plan, error) {
	path, err := helper.bare(goos)
	if err != nil {
		return nil, err
	}
	s := &databricksSync{file: file, helper: helper, path: path, want: want}
	for _, option := range options {
		option(s)
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return newPlan(file, s.edit)
}

// RemoveDatabricks works out how the entries of these profiles that were written by dbxaccess are removed; nil stands
// for every profile. Of a section to which a person added lines, these stay and the change's Note names them.
func RemoveDatabricks(file string, which func(profile string) bool) (*Plan, error) {
	return newPlan(file, func(old []byte) (outcome, error) {
		doc, err := editor.Parse(old, editor.Plain)
		if err != nil {
			return outcome{}, err
		}
		changes, err := removeWrittenDatabricks(doc, func(profile string) bool { return which == nil || which(profile) })
		data, diff := doc.Result(file)
		return outcome{data: data, diff: diff, changes: changes}, err
	})
}

// ListDatabricks lists the entries that run dbxaccess, in the order of the file.
func ListDatabricks(file string) ([]DatabricksEntry, error) {
	doc, err := readDocument(file, editor.Plain)
	if err != nil {
		return nil, err
	}
	return databricksEntries(doc), nil
}

// FindDatabricks returns the entry of that name, whoever made it, or nil where the file has none. It refuses a section
// that is there twice or that the SDKs read in different ways, naming the line: a token must go to the host that the
// SDK sees.
func FindDatabricks(file, profile string) (*DatabricksEntry, error) {
	if profile == settingsSection {
		return nil, nil // not a profile for any SDK
	}
	doc, err := readDocument(file, editor.Plain)
	if err != nil {
		return nil, err
	}
	section, err := doc.Find(profile)
	if err != nil {
		return nil, explainUnsafe(file, err)
	}
	if section == nil {
		return nil, nil
	}
	if err := readAlike(doc, section); err != nil {
		return nil, explainUnsafe(file, err)
	}
	entry := databricksEntry(section)
	return &entry, nil
}

const (
	keyHost     = "host"
	keyAuthType = "auth_type"
	keyCLIPath  = "databricks_cli_path"
	keyAccount  = "account_id"

	authType = "databricks-cli"

	// settingsSection holds what the Databricks CLI keeps for itself, the name of the default profile above all.
	settingsSection   = "__settings__"
	keyDefaultProfile = "default_profile"
)

// databricksSync is the wish behind PlanDatabricks.
type databricksSync struct {
	file   string
	helper Helper
	path   string // the helper's, as it is written
	want   []DatabricksProfile
	stale  func(profile string) bool
}

func (s *databricksSync) validate() error {
	seen := make(map[string]bool, len(s.want))
	for _, p := range s.want {
		if err := p.validate(); err != nil {
			return err
		}
		if seen[p.Name] {
			return ui.Fault(ui.Failed, "choose a prefix or names that keep them apart", "two roles would share the profile %s", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// names are the sections that are wanted.
func (s *databricksSync) names() []string {
	names := make([]string, len(s.want))
	for i, p := range s.want {
		names[i] = p.Name
	}
	return names
}

// edit is pure: bytes in, bytes out.
func (s *databricksSync) edit(old []byte) (outcome, error) {
	doc, err := editor.Parse(old, editor.Plain)
	if err != nil {
		return outcome{}, err
	}
	if err := refuseForeign(s.file, doc, s.names(), runsDBXAccess); err != nil {
		return outcome{}, err
	}
	done := outcome{warnings: s.helper.bareWarnings()}
	if doc.BOM {
		done.warnings = append(done.warnings, ui.Warning{
			ID: "config-byte-order-mark", What: s.file + " starts with a byte order mark, for which the Databricks SDK for Python refuses it",
			Fix: ui.Advice("save it as UTF-8 without one"),
		})
	}
	for _, p := range s.want {
		warnings, err := inspect(doc, p.Name)
		if err != nil {
			return outcome{}, err
		}
		done.warnings = append(done.warnings, warnings...)
		action, err := doc.Put(p.Name, []editor.Setting{
			{Key: keyHost, Value: p.Host}, {Key: keyAuthType, Value: authType}, {Key: keyCLIPath, Value: s.path}, {Key: keyAccount, Value: p.AccountID},
		})
		if err != nil {
			return outcome{}, err
		}
		done.changes = append(done.changes, Change{Profile: p.Name, Action: action})
	}
	removed, err := removeWrittenDatabricks(doc, func(profile string) bool {
		return s.stale != nil && !slices.Contains(s.names(), profile) && s.stale(profile)
	})
	done.data, done.diff = doc.Result(s.file)
	done.changes = append(done.changes, removed...)
	return done, err
}

func removeWrittenDatabricks(doc *editor.Document, which func(profile string) bool) ([]Change, error) {
	var names []string
	for _, e := range databricksEntries(doc) {
		if e.Written && which(e.Profile) {
			names = append(names, e.Profile)
		}
	}
	changes, err := removeSections(doc, names, databricksKeys())
	if err != nil {
		return nil, err
	}
	noteDefault(doc, changes)
	return changes, nil
}

func databricksKeys() []string { return []string{keyHost, keyAuthType, keyCLIPath, keyAccount} }

package accessmap

// Effect is what a change does to what people have.
type Effect string

// The effects. What is not clear counts as Widens.
const (
	Widens  Effect = "widens"  // gives more, or has tokens, people or programs go elsewhere: a person has to agree
	Narrows Effect = "narrows" // takes something away
	Differs Effect = "differs" // does neither
)

// Asks reports whether a person who agreed to the version before has to agree to the change before it is used.
func (c Change) Asks() bool { return c.Effect == Widens }

// Topic is what a change is about.
type Topic string

// The topics, in the order of Changes: the last stand beside the question whether to agree.
const (
	AboutAuthor    Topic = "author" // by whose signature a map is believed: Changes knows nothing of that
	AboutMap       Topic = "map"
	AboutDataset   Topic = "dataset"
	AboutGrant     Topic = "grant"     // of datasets to roles
	AboutAgent     Topic = "agent"     // what coding agents may have of that
	AboutRule      Topic = "rule"      // that gives roles
	AboutRole      Topic = "role"      // what stands behind it
	AboutEverybody Topic = "everybody" // a rule that asks for nothing in particular
	AboutAccount   Topic = "account"   // at AWS
	AboutWorkspace Topic = "workspace" // that gets ID tokens
	AboutSignIn    Topic = "sign-in"   // where people sign in, and whose tokens are taken
	AboutProgram   Topic = "program"   // that runs on this machine
)

// Trusts reports whether a topic is where tokens, people or their credentials go, and what runs on their machine.
func (t Topic) Trusts() bool {
	return t == AboutAccount || t == AboutWorkspace || t == AboutSignIn || t == AboutAuthor || t == AboutProgram
}

func topics() []Topic {
	return []Topic{
		AboutAuthor, AboutMap, AboutDataset, AboutGrant, AboutAgent, AboutRule, AboutRole, AboutEverybody, AboutAccount, AboutWorkspace, AboutSignIn, AboutProgram,
	}
}

package verify

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The kinds of findings.
const (
	Edited    ui.ID = "audit-record-edited"   // its bytes are not those that were signed
	Forged    ui.ID = "audit-record-forged"   // another key has signed it
	Missing   ui.ID = "audit-records-missing" // a gap, at the beginning of a chain or in it
	Moved     ui.ID = "audit-record-moved"    // it stands behind a later one
	Repeated  ui.ID = "audit-record-repeated" // a second time, or another one in its place
	Spliced   ui.ID = "audit-record-spliced"  // it follows another record than the one before it
	Truncated ui.ID = "audit-tail-missing"    // what the head knows of is not there
	Tally     ui.ID = "audit-tally-damaged"   // of servings that were in no record yet
	Foreign   ui.ID = "audit-chain-foreign"   // no key that is known has signed its chain, and one should have
)

// The kinds of notes.
const (
	Older      ui.ID = "audit-records-older"     // before the oldest file that is kept
	Torn       ui.ID = "audit-line-torn"         // writing it was broken off
	Unreadable ui.ID = "audit-line-unreadable"   // it is no record; if it was one, that is missing
	SetBack    ui.ID = "audit-clock-set-back"    // it is older than the one before it
	Unproven   ui.ID = "audit-chain-unproven"    // its key is known from itself alone
	Replaced   ui.ID = "audit-chain-replaced"    // it takes the place of another
	Headless   ui.ID = "audit-head-unknown"      // there is nothing to hold the end against
	Untold     ui.ID = "audit-servings-untold"   // counted, and in no record yet
	OnlyHere   ui.ID = "audit-rollback-unproven" // files and keyring put back together
)

// Finding is one thing that is wrong, or a note.
type Finding struct {
	ID       ui.ID  `json:"id"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Chain    string `json:"chain,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"` // of the record, or the first of those that are missing
	What     string `json:"what"`

	position int // of the line in all files; 0 behind them
}

// Chain is one of those in the files.
type Chain struct {
	UID     string    `json:"uid"`
	Key     string    `json:"key"`    // by which it was verified; "" where there is none
	Proven  bool      `json:"proven"` // the key is known from elsewhere
	Head    string    `json:"head"`   // where it is with its last record, as --head takes it
	Records int       `json:"records"`
	First   uint64    `json:"first"` // sequence numbers
	Last    uint64    `json:"last"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

// Report is what was found.
type Report struct {
	Chains []*Chain `json:"chains"`
	// Compared: a head that is known from elsewhere is in the files. Without one, the end may be missing.
	Compared bool      `json:"compared_with_head"`
	Findings []Finding `json:"findings"` // in the order of the files; what is missing behind them comes last
	Unproven []Finding `json:"unproven"`
	// Omitted is how many findings and notes there are besides.
	Omitted int `json:"omitted"`
}

// maxFindings bounds each list.
const maxFindings = 1000

package trace

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"time"
)

// Access is one access to data, and whose it was. What the log does not say is "".
type Access struct {
	Time    time.Time `json:"time"`
	Log     string    `json:"log"` // cloudtrail or databricks
	EventID string    `json:"event_id"`
	Action  string    `json:"action"` // as the log calls it
	Verb    Verb      `json:"verb"`
	Dataset string    `json:"dataset"` // of the access map
	Place   string    `json:"place"`   // s3://…, or a name of Unity Catalog
	Bytes   *int64    `json:"bytes"`   // that were read or written
	Refused string    `json:"refused"` // the error's code
	Region  string    `json:"region"`
	Address string    `json:"address"` // that it came from

	Person   string `json:"person"`      // by subject, which tells people of an issuer apart
	Name     string `json:"person_name"` // that the record has last, for reading
	Identity string `json:"identity"`
	Issuer   string `json:"issuer"`
	Role     string `json:"role"`
	Rule     string `json:"rule"`
	Run      string `json:"run"`
	Host     string `json:"host"`
	Agent    string `json:"agent"`
	Reason   string `json:"reason"` // that the person gave
	Session  string `json:"session_name"`
	Key      string `json:"access_key_id"` // as the log has it

	By  By     `json:"joined_by"`
	Why Reason `json:"not_joined"`
}

// seen is an access as it is counted: without texts.
type seen struct {
	at      int64  // in seconds
	id      uint64 // of the event
	bytes   int64
	dataset int
	verb    Verb
	refused bool
	shared  bool // other accounts may have been given copies of the event
	holder  *Holder
	by      By
	why     Reason
	row     [2]int // where in its batch's rows stands what is written of it
}

// idOf is a number for the ID of an event, which is a UUID. Copies in other accounts share sharedEventID.
func idOf(text []byte) uint64 {
	if len(text) == 36 {
		var raw [16]byte
		digits := append(append(append(append(append(make([]byte, 0, 32), text[:8]...), text[9:13]...), text[14:18]...), text[19:23]...), text[24:]...)
		if _, err := hex.Decode(raw[:], digits); err == nil {
			return binary.LittleEndian.Uint64(raw[:]) ^ binary.LittleEndian.Uint64(raw[8:])
		}
	}
	h := fnv.New64a()
	h.Write(text)
	return h.Sum64()
}

// timeOf is a time as CloudTrail writes it, in seconds; ok is false for any other.
func timeOf(text []byte) (at int64, ok bool) {
	if len(text) == len("2026-11-28T09:12:31Z") {
		year, month, day := number(text[:4]), number(text[5:7]), number(text[8:10])
		hour, minute, second := number(text[11:13]), number(text[14:16]), number(text[17:19])
		if year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
			text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z' {
			return (daysTo(year, month)+int64(day-1))*86400 + int64(hour*3600+minute*60+second), true
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	return t.Unix(), err == nil && t.Year() > 0
}

// daysTo are the days from 1970 to the first of a month, by the Gregorian calendar: https://howardhinnant.github.io/date_algorithms.html
func daysTo(year, month int) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 - 719468)
}

// number is that of digits, -1 if they are none.
func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	return n
}

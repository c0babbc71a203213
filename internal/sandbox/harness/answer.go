package harness

// Answer is what queries are answered with, whatever they ask: a double runs no SQL.
type Answer struct {
	Columns []string `json:"columns"`
	// Rows have a value for each column; null is NULL.
	Rows [][]*string `json:"rows"`
	// Page is how many rows come at once; 0: all.
	Page int `json:"page"`
	// Scanned is how many bytes were read for it, where the engine says that.
	Scanned int64 `json:"scanned"`
	// Polls is how often a query is still running when it is asked about; -1: until it is stopped.
	Polls int `json:"polls"`
	// Fails, unless "", is why each query fails.
	Fails string `json:"fails"`
}

// Part is a page of the rows, from 0, and whether there is a next one.
func (a *Answer) Part(n int) (rows [][]*string, more bool) {
	size := a.Page
	if size <= 0 {
		size = max(1, len(a.Rows))
	}
	from, until := min(n*size, len(a.Rows)), min((n+1)*size, len(a.Rows))
	return a.Rows[from:until], until < len(a.Rows)
}

// Query is one that an engine was asked to run.
type Query struct {
	ID, Statement string
	Stopped       bool
	Polls         int // how often it was asked about
}

// Over reports whether a query is done, and counts that it was asked about. The lock must be held.
func (q *Query) Over(a *Answer) bool {
	q.Polls++
	return q.Stopped || a.Polls >= 0 && q.Polls > a.Polls
}

package trace

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// line is a row of system.access.audit, as far as the join needs it.
// https://docs.databricks.com/aws/en/admin/system-tables/audit-logs
type line struct {
	Time     moment   `json:"event_time"`
	ID       string   `json:"event_id"`
	Place    number64 `json:"workspace_id"` // "0" is the account
	Service  string   `json:"service_name"`
	Action   string   `json:"action_name"`
	Address  string   `json:"source_ip_address"`
	User     user     `json:"user_identity"`
	Params   params   `json:"request_params"`
	Response response `json:"response"`
}

// errNotAudit says of a text that it is no export of the table.
var errNotAudit = errors.New("it is no export of system.access.audit: as JSON it has a row in each line, as CSV the names of the columns in the first, event_time and user_identity among them")

// maxLine bounds a row, in bytes.
const maxLine = 4 << 20

// lines reads an export, packed or not: a JSON object in each line, or CSV whose columns of a compound type are JSON.
func lines(ctx context.Context, r io.Reader, each func(*line) (goOn bool)) error {
	text := bufio.NewReaderSize(r, 256<<10)
	if magic, _ := text.Peek(2); string(magic) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(text)
		if err != nil {
			return err
		}
		defer func() { _ = unpacked.Close() }()
		text = bufio.NewReaderSize(unpacked, 256<<10)
	}
	first, err := text.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	case first[0] == '{':
		return jsonLines(ctx, text, each)
	}
	return csvLines(ctx, text, each)
}

func jsonLines(ctx context.Context, text io.Reader, each func(*line) bool) error {
	scanner := bufio.NewScanner(text)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	for scanner.Scan() && ctx.Err() == nil {
		var l line
		if len(scanner.Bytes()) == 0 {
			continue
		}
		err := json.Unmarshal(scanner.Bytes(), &l)
		_, other := errors.AsType[*json.UnmarshalTypeError](err) // a member of another type is as good as absent
		if err != nil && !other || l.Action == "" && !l.Time.ok {
			return errNotAudit
		}
		if !each(&l) {
			return nil
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return errLong
	}
	return scanner.Err()
}

func csvLines(ctx context.Context, text io.Reader, each func(*line) bool) error {
	bound := &perRow{r: text, left: maxLine}
	reader := csv.NewReader(bound)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return errNotAudit
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	_, timed := at["event_time"]
	_, named := at["user_identity"]
	_, flat := at["user_identity.email"]
	if !timed || !named && !flat {
		return errNotAudit
	}
	for ctx.Err() == nil {
		bound.left = maxLine
		row, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong), errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case err != nil:
			return errNotAudit
		}
		column := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.Clone(row[i])
			}
			return ""
		}
		l := line{ID: column("event_id"), Service: column("service_name"), Action: column("action_name"), Address: column("source_ip_address")}
		l.Time.parse(column("event_time"))
		l.Place = number64(column("workspace_id"))
		l.User.Email = column("user_identity.email")
		_ = json.Unmarshal([]byte(column("user_identity")), &l.User) // what can't be read is as good as absent
		_ = json.Unmarshal([]byte(column("request_params")), &l.Params)
		_ = json.Unmarshal([]byte(column("response")), &l.Response)
		if !each(&l) {
			return nil
		}
	}
	return nil
}

// perRow bounds how much is read for one row: a quote that is never closed would make one of all the rest.
type perRow struct {
	r    io.Reader
	left int
}

func (p *perRow) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, errLong
	}
	n, err := p.r.Read(b[:min(len(b), 4096)])
	p.left -= n
	return n, err
}

// moment is a time as exports have it: text, or milliseconds.
type moment struct {
	at int64
	ok bool
}

func (m *moment) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	m.parse(text)
	return nil
}

func (m *moment) parse(text string) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		m.at, m.ok = ms/1000, ms > 0
		return
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999 UTC", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 {
			m.at, m.ok = t.Unix(), true
			return
		}
	}
}

// number64 is a number of up to 64 bits as exports have it: text, or a number.
type number64 string

func (n *number64) UnmarshalJSON(data []byte) error {
	text := ""
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	if text != "null" {
		*n = number64(text)
	}
	return nil
}

type user struct {
	Email   string `json:"email"`
	Subject string `json:"subject_name"`
}

type response struct {
	Status int64  `json:"status_code"`
	Error  string `json:"error_message"`
}

// params are those of a request; only what is text counts.
type params map[string]any

func (p params) first(names ...string) string {
	for _, name := range names {
		if text, ok := p[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// line traces a row: what it says of data.
func (r *reading) line(l *line) {
	place := l.Params.first(placeParams[:]...)
	address := l.Params.first(addressParams[:]...)
	if place == "" && !strings.HasPrefix(address, "s3://") {
		return
	}
	s := seen{dataset: none, bytes: -1, verb: verbIn(l), refused: l.Response.Status >= 400, at: l.Time.at}
	if l.ID != "" {
		s.id = idOf([]byte(l.ID))
	}
	if bucket, key, ok := strings.Cut(strings.TrimPrefix(address, "s3://"), "/"); ok && strings.HasPrefix(address, "s3://") {
		s.dataset = r.o.Datasets.of([]byte(bucket), []byte(key))
	}
	name := l.User.Email
	if name == "" {
		name = l.User.Subject
	}
	if !l.Time.ok {
		s.why = NoTime
	} else {
		s.holder, s.by, s.why = r.joinUser(name, string(l.Place), s.at)
	}
	if r.foreign(&s) {
		return
	}
	if r.o.Row != nil {
		if place == "" {
			place = address
		}
		r.access = Access{Log: Databricks, EventID: l.ID, Action: l.Service + "." + l.Action, Place: place, Address: l.Address}
		if s.refused {
			r.access.Refused = strconv.FormatInt(l.Response.Status, 10)
		}
	}
	r.keep(&s)
}

// verbIn is what an action does with data: what credentials were vended for, else by its name.
func verbIn(l *line) Verb {
	switch operation := l.Params.first(operationParams[:]...); {
	case strings.Contains(operation, "WRITE"):
		return Write
	case strings.Contains(operation, "READ"):
		return Read
	}
	for _, o := range actionVerbs {
		if strings.HasPrefix(l.Action, o.Prefix) {
			return o.Verb
		}
	}
	return Read
}

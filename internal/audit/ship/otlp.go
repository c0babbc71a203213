package ship

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// otlp makes the body of an export of logs in JSON. An event is the body of a log record, member by member, so that a collector can
// filter by it; as numbers and spaces may change on the way, the line itself goes along as log.record.original.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
func otlp(lines []audit.Entry) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(`{"resourceLogs":[{"resource":{"attributes":[` + attribute("service.name", "dbxaccess"))
	if host := lines[0].Hostname; host != "" {
		out.WriteString("," + attribute("host.name", host))
	}
	out.WriteString(`]},"scopeLogs":[{"scope":{"name":"dbxaccess.audit"},"logRecords":[`)
	for i, line := range lines {
		if i > 0 {
			out.WriteByte(',')
		}
		severity, text := 9, "INFO"
		if line.Refused != nil {
			severity, text = 13, "WARN"
		}
		fmt.Fprintf(&out, `{"timeUnixNano":"%d","severityNumber":%d,"severityText":%q,"attributes":[%s,{"key":"dbxaccess.sequence","value":{"intValue":"%d"}},%s],"body":`,
			line.Time.UnixNano(), severity, text, attribute("dbxaccess.chain", line.Chain), line.Sequence, attribute("log.record.original", string(line.Line)))
		d := json.NewDecoder(bytes.NewReader(line.Line))
		d.UseNumber()
		if err := anyValue(&out, d, maxDepth); err != nil {
			return nil, fmt.Errorf("line %d of chain %s: %w", line.Sequence, line.Chain, err)
		}
		out.WriteByte('}')
	}
	out.WriteString(`]}]}]}`)
	return out.Bytes(), nil
}

func attribute(key, value string) string {
	return `{"key":` + quoted(key) + `,"value":{"stringValue":` + quoted(value) + `}}`
}

func quoted(s string) string {
	data, _ := json.Marshal(s) // a string always is JSON
	return string(data)
}

// maxDepth bounds how deep an event is nested: ours are six deep.
const maxDepth = 64

// anyValue writes the next value of a decoder as an AnyValue, its members in their order.
func anyValue(out *bytes.Buffer, d *json.Decoder, depth int) error {
	if depth == 0 {
		return errors.New("it is nested too deep")
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		return several(out, d, v == '{', depth-1)
	case string:
		out.WriteString(`{"stringValue":` + quoted(v) + `}`)
	case bool:
		out.WriteString(`{"boolValue":` + strconv.FormatBool(v) + `}`)
	case json.Number:
		if _, err := v.Int64(); err == nil {
			out.WriteString(`{"intValue":"` + v.String() + `"}`) // 64 bits are a string in the JSON of protocol buffers
			return nil
		}
		out.WriteString(`{"doubleValue":` + v.String() + `}`)
	default:
		out.WriteString(`{}`)
	}
	return nil
}

// several writes what stands in an object or an array, and takes its end.
func several(out *bytes.Buffer, d *json.Decoder, object bool, depth int) error {
	kind := `{"arrayValue":{"values":[`
	if object {
		kind = `{"kvlistValue":{"values":[`
	}
	out.WriteString(kind)
	for n := 0; d.More(); n++ {
		if n > 0 {
			out.WriteByte(',')
		}
		if object {
			key, err := d.Token()
			if err != nil {
				return err
			}
			out.WriteString(`{"key":` + quoted(fmt.Sprint(key)) + `,"value":`)
		}
		if err := anyValue(out, d, depth); err != nil {
			return err
		}
		if object {
			out.WriteByte('}')
		}
	}
	out.WriteString(`]}}`)
	_, err := d.Token()
	return err
}

// otlpTaken reads the answer to an export. What was rejected must not be sent again, as it would be rejected again.
// https://opentelemetry.io/docs/specs/otlp/#partial-success-1
func otlpTaken(a *httpclient.Answer) (rejected int, ok bool) {
	if a.Object == nil {
		return 0, false
	}
	partial, _ := httpclient.ParseObject(a.Object["partialSuccess"])
	n, _ := partial.Number("rejectedLogRecords")
	return int(min(max(0, n), 1<<30)), true
}

package ship

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// hec makes the body for Splunk's HTTP Event Collector: objects in a row, each with an event. Chain and sequence are indexed
// fields, so that a gap is found without parsing.
// https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
func hec(lines []audit.Entry) ([]byte, error) {
	var out bytes.Buffer
	for _, line := range lines {
		fmt.Fprintf(&out, `{"time":"%d.%03d","source":"dbxaccess",`, line.Time.Unix(), line.Time.Nanosecond()/1e6)
		if line.Hostname != "" {
			out.WriteString(`"host":` + quoted(line.Hostname) + `,`)
		}
		fmt.Fprintf(&out, `"fields":{"chain":%s,"sequence":"%d"},"event":%s}`, quoted(line.Chain), line.Sequence, line.Line)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// hecTaken reads the answer: code 0 is "accepted". That it is indexed too, only Splunk Enterprise says, where it is set up to.
func hecTaken(a *httpclient.Answer) (rejected int, ok bool) {
	code, known := a.Number("code")
	return 0, a.Status == http.StatusOK && known && code == 0
}

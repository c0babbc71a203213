package iam

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const namespace = "https://iam.amazonaws.com/doc/2010-05-08/"

// element is one of XML, with a text or others inside.
type element struct {
	name, text string
	inside     []element
}

func text(name, text string) element { return element{name: name, text: text} }

func group(name string, inside ...element) element { return element{name: name, inside: inside} }

// list is how the Query API writes lists: NAME with a member for each entry.
func list[T any](name string, entries []T, write func(T) []element) element {
	all := element{name: name}
	for _, entry := range entries {
		all.inside = append(all.inside, group("member", write(entry)...))
	}
	return all
}

// words is a list of texts.
func words(name string, entries []string) element {
	all := element{name: name}
	for _, entry := range entries {
		all.inside = append(all.inside, text("member", entry))
	}
	return all
}

// encoded is a document as IAM sends it, percent-encoded by RFC 3986.
func encoded(name string, document Document) element {
	return text(name, strings.ReplaceAll(url.QueryEscape(string(document)), "+", "%20"))
}

func (e element) write(body *bytes.Buffer) {
	fmt.Fprintf(body, "<%s>", e.name)
	_ = xml.EscapeText(body, []byte(e.text)) // a buffer takes all
	for _, inner := range e.inside {
		inner.write(body)
	}
	fmt.Fprintf(body, "</%s>", e.name)
}

func success(action string, fields []element) *harness.Reply {
	var body bytes.Buffer
	fmt.Fprintf(&body, "<%sResponse xmlns=%q>", action, namespace)
	group(action+"Result", fields...).write(&body)
	group("ResponseMetadata", text("RequestId", harness.UUID())).write(&body)
	fmt.Fprintf(&body, "</%sResponse>", action)
	return &harness.Reply{Status: http.StatusOK, ContentType: "text/xml", Body: body.Bytes()}
}

// failure is an error answer, with the status that belongs to its code.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
func failure(code, message string) *harness.Reply {
	status, kind := http.StatusBadRequest, "Sender"
	switch code {
	case "NoSuchEntity":
		status = http.StatusNotFound
	case "AccessDenied", "InvalidClientTokenId", "ExpiredToken", "MissingAuthenticationToken", "SignatureDoesNotMatch":
		status = http.StatusForbidden
	case "ServiceFailure":
		status, kind = http.StatusInternalServerError, "Receiver"
	case "ServiceUnavailable":
		status, kind = http.StatusServiceUnavailable, "Receiver"
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, "<ErrorResponse xmlns=%q>", namespace)
	group("Error", text("Type", kind), text("Code", code), text("Message", message)).write(&body)
	text("RequestId", harness.UUID()).write(&body)
	body.WriteString("</ErrorResponse>")
	return &harness.Reply{Status: status, ContentType: "text/xml", Body: body.Bytes()}
}

// page is the part of a list that a request asks for, with what tells where the next begins. A marker is opaque.
func page[T any](r request, name string, all []T, write func(string, []T) element) ([]element, *fault) {
	const most = 100
	size := most
	if r.held.PageSize > 0 {
		size = r.held.PageSize
	}
	if asked := r.text("MaxItems"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > 1000 {
			return nil, &fault{"ValidationError", "MaxItems must be between 1 and 1000"}
		}
		size = min(size, n)
	}
	from := 0
	if marker := r.text("Marker"); marker != "" {
		raw, _ := base64.StdEncoding.DecodeString(marker)
		n, err := strconv.Atoi(string(raw))
		if err != nil || n <= 0 || n >= len(all) {
			return nil, &fault{"ValidationError", "Invalid Marker."}
		}
		from = n
	}
	to := min(from+size, len(all))
	fields := []element{text("IsTruncated", strconv.FormatBool(to < len(all))), write(name, all[from:to])}
	if to < len(all) {
		fields = append(fields, text("Marker", base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))))
	}
	return fields, nil
}

// members reads NAME.member.N, counted from 1, up to the first that is missing.
func (r request) members(name string) []string {
	var all []string
	for n := 1; ; n++ {
		key := fmt.Sprintf("%s.member.%d", name, n)
		if !r.PostForm.Has(key) {
			return all
		}
		all = append(all, r.text(key))
	}
}

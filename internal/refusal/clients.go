package refusal

import (
	"regexp"
	"strings"
)

// Forms that name an operation. Links are to where each client makes them.

// boto is that of botocore and whatever is built on it: `An error occurred (CODE) when calling the OPERATION operation`.
// https://github.com/boto/botocore/blob/develop/botocore/exceptions.py
func (r *reading) boto(m mark) {
	from := m.at + m.size
	code := r.upTo(from, ")", 80)
	const calling = ")whencallingthe"
	if code == "" || !r.has(from+len(code), calling) {
		return
	}
	i := from + len(code) + len(calling)
	operation := r.upTo(i, "operation", 80)
	if operation == "" || !only(operation, isWord) {
		return
	}
	e := r.open(m.at, i+len(operation)+len("operation"))
	e.code, e.coded, e.denies = code, true, deniesByCode(code)
	e.Operation = r.exact(i, i+len(operation))
	if strings.TrimSuffix(code, "exception") == "unauthorizedoperation" {
		e.service = "ec2"
	}
}

// upTo is what stands in dense from a place to a phrase, if that comes within so many bytes.
func (p *page) upTo(from int, phrase string, most int) string {
	window := p.dense[min(from, len(p.dense)):min(len(p.dense), from+most)]
	p.work += len(window)
	before, _, ok := strings.Cut(window, phrase)
	if !ok {
		return ""
	}
	return before
}

// arrow is that of Arrow's C++ filesystem: `When … key 'K' in bucket 'B': AWS Error CODE during OPERATION operation`.
// https://github.com/apache/arrow/blob/main/cpp/src/arrow/filesystem/s3_internal.h
func (r *reading) arrow(m mark) {
	from := m.at + m.size
	code := r.upTo(from, "during", 80)
	if code == "" {
		return
	}
	i := from + len(code) + len("during")
	operation := r.upTo(i, "operation", 60)
	if operation == "" || !only(operation, isWord) {
		return
	}
	before := r.joined(max(m.at-maxARN, r.end()), m.at)
	if status, ok := strings.CutPrefix(code, "unknown(httpstatus"); ok {
		code = strings.TrimSuffix(status, ")")
	}
	e := r.open(m.at, i+len(operation)+len("operation"))
	e.code, e.coded, e.denies = code, true, deniesByCode(code)
	e.Operation = r.exact(i, i+len(operation))
	if found := last(expressions().arrowPlace, before); found != nil {
		e.where, e.folder = place{bucket: found[2], key: found[1]}, true
	}
}

// end is that of the present event or of the one before.
func (r *reading) end() int {
	if r.cur != nil {
		return r.cur.to
	}
	return r.last
}

// last is the last match of an expression in a text.
func last(expression *regexp.Regexp, text string) []string {
	all := expression.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// s3a is that of Hadoop: `java.nio.file.AccessDeniedException: s3a://bucket/key: OPERATION on s3a://bucket/key: …`.
// https://github.com/apache/hadoop/blob/trunk/hadoop-tools/hadoop-aws/src/main/java/org/apache/hadoop/fs/s3a/S3AUtils.java
func (r *reading) s3a(m mark) {
	const name = "accessdenied"
	uri := m.at + len("exception:")
	if !strings.HasSuffix(r.dense[:m.at], name) {
		return
	}
	if r.cur != nil && r.cur.from == m.at-len(name) {
		r.cur = nil // the word by itself, which begins this form
	}
	e := r.open(m.at-len(name), m.at+m.size)
	e.denies = true
	found := expressions().s3aLine.FindStringSubmatch(r.joined(uri, uri+maxARN))
	if found == nil {
		return
	}
	if where, ok := ofURI(found[1]); ok {
		e.where, e.folder = where, true
	}
	e.doing = strings.ToLower(strings.ReplaceAll(found[2], " ", ""))
	e.doing, _, _ = strings.Cut(e.doing, "#")
	e.to = max(e.to, uri+len(strings.ReplaceAll(found[0], " ", "")))
}

// java is the end of what the SDKs for Java say, of both generations: `(Service: S3, Status Code: 403, Request ID: …)`.
// Databricks puts the request before it.
func (r *reading) java(m mark) {
	detail := r.dense[m.at+m.size : min(len(r.dense), m.at+m.size+200)]
	r.work += len(detail)
	name, rest, ok := cutAny(detail, ";,")
	_, status, hasStatus := strings.Cut(rest, "statuscode:")
	if !ok || !hasStatus || len(status) < 3 {
		return
	}
	from := max(m.at-maxARN, r.last)
	code := status[:3]
	e := r.cur
	if e == nil || m.at-e.to > withTrace || e.denies && code != "403" && code != "401" && code != "400" {
		e = r.open(m.at, m.at+m.size)
	}
	e.to = max(e.to, m.at+m.size)
	if e.service == "" {
		e.service = serviceOf(name)
	}
	if _, after, ok := strings.Cut(rest, "errorcode:"); ok {
		code, _, _ = cutAny(after, ";,)")
	}
	if e.code == "" && !e.spoken {
		e.code, e.coded = code, true
	}
	e.denies = e.denies || deniesByCode(e.code)
	before := r.joined(from, m.at)
	if found := last(expressions().javaRequest, before); found != nil && e.where.bucket == "" {
		e.method = found[1]
		if where, ok := ofURL(strings.TrimSuffix(found[2], "/"), true); ok {
			if where.key == "" {
				where.key = strings.TrimPrefix(found[3], "/")
			}
			e.where = where
		}
	}
	if found := last(expressions().javaModel, before); found != nil && e.Operation == "" && e.doing == "" {
		if actionOf("", found[1]) != "" {
			e.Operation = found[1]
		}
	}
}

func cutAny(s, chars string) (before, after string, ok bool) {
	at := strings.IndexAny(s, chars)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

// goSDK is that of the SDK for Go, second generation: `operation error S3: GetObject, https response error StatusCode: 403,
// RequestID: …, api error AccessDenied: …`. https://github.com/aws/smithy-go/blob/main/errors.go
func (r *reading) goSDK(m mark) {
	from := m.at + m.size
	service := r.upTo(from, ":", 60)
	if service == "" {
		return
	}
	operation := r.upTo(from+len(service)+1, ",", 80)
	if operation == "" || !only(operation, isWord) {
		return
	}
	i := from + len(service) + 1
	e := r.open(m.at, i+len(operation))
	e.service, e.Operation = serviceOf(service), r.exact(i, i+len(operation))
	const most = 900
	window := r.dense[i:min(len(r.dense), i+most)]
	r.work += len(window)
	if next := strings.Index(window, "operationerror"); next >= 0 {
		window = window[:next]
	}
	if at := strings.Index(window, "apierror"); at >= 0 {
		e.code, _, _ = strings.Cut(window[at+len("apierror"):], ":")
		e.coded = true
		e.to = max(e.to, i+at+len("apierror")+len(e.code))
	}
	e.denies = deniesByCode(e.code) || strings.Contains(window, "statuscode:403") && e.code == ""
}

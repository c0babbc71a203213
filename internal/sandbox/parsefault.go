package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxFaultBody bounds the body of a fault's answer, in bytes.
const maxFaultBody = 64 << 20

// ParseFault reads a fault from a line, as scripts write it: the endpoint, then words of the form name=value.
//
//	token status=502 type=text/html body=@502.html times=2
//	token/refresh_token drop
//	device set.interval="5" set.verification_uri="https://evil.example/" unset=verification_uri_complete times=all
//	sts error=AccessDenied message="not\x1b[31m you"
//	sts/AssumeRole error=AccessDenied
//	sso-roles error=TooManyRequestsException times=2
//	exchange error=invalid_grant times=all
//	me error=PERMISSION_DENIED
//
// Words: times=N or all, delay, body-delay (durations), perform, drop, error, message, redirect, status, type, body,
// size (bytes; the body is repeated to that length), header=Name:Value, set.FIELD=JSON, unset=FIELD,FIELD. A value that
// starts with a double quote is a Go string literal. body=@NAME takes the body from read, which may be nil.
func ParseFault(text string, read func(name string) ([]byte, error)) (Fault, error) {
	words, err := splitWords(text)
	if err != nil {
		return Fault{}, err
	}
	if len(words) == 0 || !slices.Contains(endpoints(), Endpoint(words[0].name)) {
		return Fault{}, fmt.Errorf("a fault starts with its endpoint, one of %v", endpoints())
	}
	p := faultParser{fault: Fault{Endpoint: Endpoint(words[0].name)}, read: read}
	for _, w := range words[1:] {
		if err := p.take(w); err != nil {
			return Fault{}, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	if err := p.pad(); err != nil {
		return Fault{}, err
	}
	return p.fault, nil
}

type faultParser struct {
	fault Fault
	size  int
	read  func(name string) ([]byte, error)
}

func (p *faultParser) take(w word) (err error) {
	f := &p.fault
	if field, ok := strings.CutPrefix(w.name, "set."); ok && field != "" {
		value, err := w.json()
		if err != nil {
			return err
		}
		p.setField(field, value)
		return nil
	}
	switch w.name {
	case "times":
		f.Times, err = parseTimes(w.value)
	case "delay":
		f.Delay, err = time.ParseDuration(w.value)
	case "body-delay":
		f.BodyDelay, err = time.ParseDuration(w.value)
	case "perform":
		f.Perform, err = strconv.ParseBool(w.value)
	case "drop":
		f.Drop, err = strconv.ParseBool(w.value)
	case "error":
		f.Error = w.value
	case "message":
		f.Message = w.value
	case "redirect":
		f.Redirect = w.value
	case "status":
		f.Status, err = parseBounded(w.value, 200, 599)
	case "type":
		f.ContentType = w.value
	case "body":
		f.Body, err = p.body(w)
	case "size":
		p.size, err = parseBounded(w.value, 1, maxFaultBody)
	case "header":
		err = p.header(w.value)
	case "unset":
		for field := range strings.SplitSeq(w.value, ",") {
			p.setField(field, nil)
		}
	default:
		err = errors.New("no such word")
	}
	return err
}

func (p *faultParser) setField(name string, value any) {
	if p.fault.Fields == nil {
		p.fault.Fields = map[string]any{}
	}
	p.fault.Fields[name] = value
}

func (p *faultParser) body(w word) (string, error) {
	name, ok := strings.CutPrefix(w.raw, "@")
	if !ok {
		return w.value, nil
	}
	if p.read == nil {
		return "", errors.New("no files can be read here")
	}
	data, err := p.read(name)
	return string(data), err
}

func (p *faultParser) header(text string) error {
	name, value, ok := strings.Cut(text, ":")
	if !ok || name == "" {
		return errors.New("a header is written Name:Value")
	}
	if p.fault.Header == nil {
		p.fault.Header = http.Header{}
	}
	p.fault.Header.Add(name, strings.TrimSpace(value))
	return nil
}

// pad repeats the body to the size that was asked for.
func (p *faultParser) pad() error {
	if p.size == 0 {
		return nil
	}
	unit := p.fault.Body
	if unit == "" {
		unit = "x"
	}
	p.fault.Body = strings.Repeat(unit, p.size/len(unit)+1)[:p.size]
	return nil
}

func parseTimes(text string) (int, error) {
	if text == "all" {
		return Always, nil
	}
	return parseBounded(text, 1, 1<<20)
}

func parseBounded(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, low, high)
	}
	return n, nil
}

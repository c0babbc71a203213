package statickeys

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// cell is a part of a notebook's template: `%%% KIND`, and lines up to the next.
type cell struct {
	kind string // code, code string, markdown; output, html, traceback, image belong to the cell before
	text string
}

// cellsOf reads a notebook's template, and says in which cell each key is.
func cellsOf(r *rand.Rand, template string) (cells []cell, keys []Key, err error) {
	number := 0
	for part := range strings.SplitSeq(strings.TrimPrefix(template, "%%% "), "\n%%% ") {
		kind, text, _ := strings.Cut(part, "\n")
		text, within, err := fill(r, strings.TrimSuffix(text, "\n"))
		if err != nil {
			return nil, nil, err
		}
		source := strings.HasPrefix(kind, "code") || kind == "markdown"
		if source {
			number++
		}
		if number == 0 {
			return nil, nil, fmt.Errorf("a notebook begins with a cell, not with %q", kind)
		}
		for _, key := range within {
			key.Cell = number
			if !source {
				key.Output, key.Line = true, 0
			}
			keys = append(keys, key)
		}
		cells = append(cells, cell{kind: kind, text: text})
	}
	return cells, keys, nil
}

// lines are a text's lines with their ends, as Jupyter keeps them.
func lines(text string) []string { return slices.Collect(strings.Lines(text)) }

// ipynb is a notebook as Jupyter writes it (nbformat 4.5).
func ipynb(cells []cell) ([]byte, error) {
	type object = map[string]any
	var written []object
	outputs := func(output object) {
		last := written[len(written)-1]
		last["outputs"] = append(last["outputs"].([]object), output)
	}
	for i, c := range cells {
		switch c.kind {
		case "markdown":
			written = append(written, object{"cell_type": "markdown", "id": fmt.Sprintf("c%07d", i), "metadata": object{}, "source": lines(c.text)})
		case "code", "code string":
			source := any(lines(c.text))
			if c.kind == "code string" { // what nbformat's writers in other languages do
				source = c.text
			}
			written = append(written, object{"cell_type": "code", "id": fmt.Sprintf("c%07d", i), "execution_count": i + 1, "metadata": object{}, "outputs": []object{}, "source": source})
		case "output":
			outputs(object{"output_type": "stream", "name": "stdout", "text": lines(c.text)})
		case "html":
			outputs(object{"output_type": "display_data", "metadata": object{}, "data": object{"text/html": lines(c.text), "text/plain": []string{"<table>"}}})
		case "image":
			outputs(object{"output_type": "display_data", "metadata": object{}, "data": object{"image/png": c.text, "text/plain": []string{"<Figure>"}}})
		case "traceback":
			var coloured []string
			for line := range strings.SplitSeq(c.text, "\n") {
				coloured = append(coloured, "\x1b[0;31m"+strings.Replace(line, ":", "\x1b[0m:", 1))
			}
			outputs(object{"output_type": "error", "ename": "HTTPError", "evalue": "403", "traceback": coloured})
		default:
			return nil, fmt.Errorf("no cell of kind %q", c.kind)
		}
	}
	return encoded(object{
		"cells": written, "nbformat": 4, "nbformat_minor": 5,
		"metadata": object{"kernelspec": object{"display_name": "Python 3", "language": "python", "name": "python3"}},
	}, " ")
}

// dbc is an entry of a Databricks archive. The commands of real ones are in no order: their position tells it.
func dbc(name string, cells []cell) ([]byte, error) {
	type object = map[string]any
	var commands []object
	for _, c := range cells {
		switch {
		case strings.HasPrefix(c.kind, "code"):
			commands = append(commands, object{
				"version": "CommandV1", "origId": len(commands), "guid": fmt.Sprintf("00000000-0000-4000-8000-%012d", len(commands)),
				"command": c.text, "commandType": "auto", "position": float64(len(commands) + 1), "results": nil, "errorSummary": nil,
			})
		case c.kind == "output":
			commands[len(commands)-1]["results"] = object{"type": "listResults", "data": []object{{"type": "ansi", "data": c.text}}}
		default:
			return nil, fmt.Errorf("no command of kind %q", c.kind)
		}
	}
	slices.Reverse(commands)
	base, language, _ := strings.Cut(name[strings.LastIndex(name, "/")+1:], ".")
	return encoded(object{"version": "NotebookV1", "origId": 1, "name": base, "language": language, "commands": commands}, "")
}

// modelLine is the line of the page that exported writes, which has the model.
const modelLine = 6

// exported is the page that a workspace writes as a notebook's HTML: its model in base64 of percent-encoded JSON.
func exported(name string, cells []cell) ([]byte, error) {
	model, err := dbc(name, cells)
	if err != nil {
		return nil, err
	}
	hidden := base64.StdEncoding.EncodeToString([]byte(url.PathEscape(string(model))))
	return []byte("<!DOCTYPE html>\n<html>\n<head>\n<meta name=\"databricks-html-version\" content=\"1\">\n<title>report - Databricks</title>\n" +
		"<script>var __DATABRICKS_NOTEBOOK_MODEL = '" + hidden + "';</script>\n</head>\n<body></body>\n</html>\n"), nil
}

// encoded is JSON as Python's and Scala's writers have it: without the escapes for HTML.
func encoded(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

package statickeys

import (
	"bytes"
	"strconv"
	"strings"
)

// notebook is a tree that is a notebook: of Jupyter (https://nbformat.readthedocs.io/en/latest/format_description.html) or of a .dbc. What is a cell's
// text is looked through as text, with its own lines; all else as settings.
type notebook struct {
	*flat
	cells string // the key of its cells
	order []int  // of a .dbc: the place of each cell, from 0, among those that people see
	last  string // the text that the last leaf belongs to
}

// notebookOf recognises a notebook by its beginning.
func (r *run) notebookOf(at Place, data []byte) *notebook {
	head := data[:min(len(data), 4096)]
	n := &notebook{flat: r.flat(at)}
	switch {
	case bytes.Contains(head, []byte(`"NotebookV1"`)):
		n.cells = "commands"
		order := &positions{}
		walkJSON(data, order)
		n.order = order.ranks()
	case strings.HasSuffix(strings.ToLower(at.File+at.Entry), ".ipynb"), bytes.Contains(head, []byte(`"cell_type"`)), bytes.Contains(head, []byte(`"nbformat"`)):
		n.cells = "cells"
	default:
		return nil
	}
	return n
}

// leaf adds a value, as text or as a setting.
func (n *notebook) leaf(value []byte, m mark) {
	cell, at := n.cell()
	if cell == 0 {
		n.last = ""
		n.flat.leaf(value, m)
		return
	}
	m.cell = cell
	rest := n.stack[at:]
	output := ""
	switch key := keyAt(rest, 0); key {
	case "source", "input", "command", "commandTitle":
	case "attachments":
		return
	case "outputs":
		if keyAt(rest, 2) == "data" && strings.HasPrefix(keyAt(rest, 3), "image/") || keyAt(rest, 2) == "png" || keyAt(rest, 2) == "jpeg" {
			return
		}
		if key := keyAt(rest, 2); key != "text" && key != "traceback" && (key != "data" || !strings.HasPrefix(keyAt(rest, 3), "text/")) {
			n.last = ""
			n.flat.leaf(value, m)
			return
		}
		output = "outputs[" + strconv.Itoa(rest[1].item) + "]"
		value = withoutColours(value)
	default:
		n.last = ""
		n.flat.leaf(value, m)
		return
	}
	m.inCell = true
	group := strconv.Itoa(cell) + "\x00" + keyAt(rest, 0) + "\x00" + output + "\x00" + keyAt(rest, 2) + "\x00" + keyAt(rest, 3)
	if keyAt(rest, 2) == "traceback" && n.last == group {
		value = append([]byte("\n"), value...)
	}
	n.block(value, m, output, n.last == group)
	n.last = group
}

// full never parts a cell's text.
func (n *notebook) full() {
	if len(n.stack) <= 2 && len(n.t.data) >= piece {
		n.last = ""
		n.flush()
	}
}

// cell is the number of the cell that the tree stands in, from 1, and how deep its members are; 0 is outside of cells.
func (n *notebook) cell() (number, depth int) {
	for i := 0; i+2 < len(n.stack); i++ {
		if n.stack[i].key == n.cells && n.stack[i+1].item >= 0 {
			number = n.stack[i+1].item
			if number < len(n.order) {
				number = n.order[number]
			}
			return number + 1, i + 2
		}
	}
	return 0, 0
}

func keyAt(steps []step, n int) string {
	if n < len(steps) {
		return steps[n].key
	}
	return ""
}

// withoutColours drops the escapes by which terminals show colours, as tracebacks have them.
func withoutColours(s []byte) []byte {
	if bytes.IndexByte(s, 0x1b) < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '[' {
			for i += 2; i < len(s) && (s[i] == ';' || '0' <= s[i] && s[i] <= '9'); i++ { //nolint:revive // on to the letter that ends it
			}
			continue
		}
		out = append(out, s[i])
	}
	return out
}

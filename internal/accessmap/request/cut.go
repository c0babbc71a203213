package request

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// span is a part of the file, by offsets.
type span struct{ from, to int }

// drop takes items out of the list under a key of the mapping at a path: those that which takes by name. A list that would be
// empty stays as one in brackets.
func (d *document) drop(path []string, key string, which func(name string) bool) (cut []span, put []insertion, err error) {
	mapping := d.at(path...)
	list := value(mapping, key)
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil, nil, errNoPlace
	}
	gone := make([]bool, len(list.Content))
	some, all := false, true
	for i, item := range list.Content {
		name := item
		if item.Kind == yaml.MappingNode {
			name = value(item, "role")
		}
		gone[i] = name != nil && which(name.Value)
		some, all = some || gone[i], all && gone[i]
	}
	switch {
	case !some:
		return nil, nil, nil
	case list.Style&yaml.FlowStyle != 0:
		cut, err = d.dropFlow(list, gone)
		return cut, nil, err
	}
	if cut, err = d.dropLines(list, gone); err == nil && all {
		var colon int
		colon, err = d.colon(mapping, key)
		put = []insertion{{at: colon, text: " []"}}
	}
	return cut, put, err
}

// dropLines takes items of a block list, each with its lines.
func (d *document) dropLines(list *yaml.Node, gone []bool) (cut []span, err error) {
	for i, item := range list.Content {
		if !gone[i] {
			continue
		}
		begin, err := d.offset(item)
		if err != nil {
			return nil, err
		}
		first := d.lines[item.Line-1]
		indent := bytes.IndexByte(d.data[first:begin], '-')
		if indent < 0 || len(bytes.Trim(d.data[first:begin], " -")) > 0 || bytes.Count(d.data[first:begin], []byte("-")) != 1 {
			return nil, errNoPlace
		}
		last, err := d.lastLine(item, indent)
		if err != nil {
			return nil, err
		}
		end := len(d.data)
		if last < len(d.lines) {
			end = d.lines[last]
		}
		cut = append(cut, span{first, end})
	}
	return cut, nil
}

// dropFlow takes items of a list in brackets, each with one comma: that before it where an item stays before it, else that behind it.
func (d *document) dropFlow(list *yaml.Node, gone []bool) (cut []span, err error) {
	opens, err := d.offset(list)
	if err != nil {
		return nil, err
	}
	whole, ok := scanFlow(d.data, opens)
	if !ok {
		return nil, errNoPlace
	}
	spans := make([]span, len(list.Content))
	for i, item := range list.Content {
		if spans[i], err = d.itemSpan(item); err != nil {
			return nil, err
		}
	}
	stays := false // some item before this one does
	for i, s := range spans {
		if !gone[i] {
			stays = true
			continue
		}
		if stays {
			comma := d.comma(spans[i-1].to, s.from)
			if comma < 0 {
				return nil, errNoPlace
			}
			cut = append(cut, joinedSpan(d.data, span{comma, comma + 1}, s)...)
			continue
		}
		next := whole.closes
		if i+1 < len(spans) {
			next = spans[i+1].from
		}
		comma := d.comma(s.to, next)
		switch {
		case comma >= 0 && i+1 < len(spans):
			cut = append(cut, joinedSpan(d.data, s, span{comma, spaceEnd(d.data, comma+1, next)})...)
		case comma >= 0:
			cut = append(cut, joinedSpan(d.data, s, span{comma, comma + 1})...)
		case i+1 == len(spans):
			cut = append(cut, s)
		default:
			return nil, errNoPlace
		}
	}
	return cut, nil
}

// joinedSpan is one span of two, if nothing but spaces is between them.
func joinedSpan(data []byte, a, b span) []span {
	if spaceEnd(data, a.to, b.from) == b.from {
		return []span{{a.from, b.to}}
	}
	return []span{a, b}
}

// spaceEnd is where spaces end that begin at an offset, most at most.
func spaceEnd(data []byte, at, most int) int {
	for at < most && data[at] == ' ' {
		at++
	}
	return at
}

// comma is where one is between two items, past comments; -1 for none.
func (d *document) comma(from, to int) int {
	for i := from; i < to; i++ {
		switch d.data[i] {
		case ',':
			return i
		case '#':
			for i+1 < to && lineBreak(d.data[i+1:]) == 0 {
				i++
			}
		}
	}
	return -1
}

// itemSpan is an item of a list in brackets: a name, or a mapping in braces.
func (d *document) itemSpan(item *yaml.Node) (span, error) {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	begin, err := d.offset(item)
	if err != nil || item.Anchor != "" || item.Style&yaml.TaggedStyle != 0 {
		return span{}, errNoPlace
	}
	end := -1
	switch {
	case item.Kind == yaml.MappingNode && item.Style&yaml.FlowStyle != 0 && d.data[begin] == '{':
		if f, ok := scanFlow(d.data, begin); ok {
			end = f.closes + 1
		}
	case item.Kind == yaml.ScalarNode && item.Style&quotes != 0:
		end = quoteEnd(d.data, begin)
	case item.Kind == yaml.ScalarNode && bytes.HasPrefix(d.data[begin:], []byte(item.Value)):
		end = begin + len(item.Value)
	}
	if end < begin {
		return span{}, errNoPlace
	}
	return span{begin, end}, nil
}

// colon is the offset behind the colon of a key.
func (d *document) colon(mapping *yaml.Node, key string) (int, error) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != key {
			continue
		}
		s, err := d.itemSpan(mapping.Content[i])
		if err != nil {
			return 0, err
		}
		if at := spaceEnd(d.data, s.to, len(d.data)); at < len(d.data) && d.data[at] == ':' {
			return at + 1, nil
		}
	}
	return 0, errNoPlace
}

// cuts are texts that take spans out of the file, line by line. A line of which nothing stays but a comment behind what goes, goes
// as a whole; a comment that stood on a line of its own before stays.
func (d *document) cuts(spans []span) ([]insertion, error) {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var texts []insertion
	at := 0
	for line := range bytes.Lines(d.data) {
		end := at + len(line)
		var own []insertion
		left, done := []byte{}, at
		for len(spans) > 0 && spans[0].from < end {
			s := spans[0]
			from, to := max(s.from, done), min(s.to, end)
			if s.from < done && s.from >= at { // they overlap
				return nil, errNoPlace
			}
			left = append(left, d.data[done:from]...)
			own = append(own, insertion{at: from, cut: to - from})
			done = to
			if s.to > end {
				spans[0].from = end
				break
			}
			spans = spans[1:]
		}
		left = append(left, d.data[done:end]...)
		rest := bytes.TrimSpace(left)
		switch {
		case len(own) == 0:
		case len(rest) == 0 || rest[0] == '#':
			texts = append(texts, insertion{at: at, cut: len(line)})
		default:
			texts = append(texts, own...)
		}
		at = end
	}
	return texts, nil
}

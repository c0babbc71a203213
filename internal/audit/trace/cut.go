package trace

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxEntry bounds one entry, in bytes: CloudTrail's own have at most 256 KB, or 1 MB.
const maxEntry = 4 << 20

var (
	errNotCloudTrail = errors.New("it is no file of CloudTrail: there is no object with a list Records")
	// errEnd says that the text ended, and that it was read whole.
	errEnd  = fmt.Errorf("the text ends: %w", io.ErrUnexpectedEOF)
	errLong = errors.New("an entry has more than 4 MB")
)

// entries reads the entries of a file of CloudTrail, {"Records":[…]}, out of blocks of its text, and hands each on until that says no. What an event
// refers to is valid until each returns, but for its caller. Where the text is not what it has to be, it hands on what stood before, and returns why
// it went no further; n is the number of entries.
func entries(blocks blocks, known *callers, each func(*event) (goOn bool)) (n int, err error) {
	c := &cutter{blocks: blocks, s: skimmer{known: known}}
	if err := c.head(); err != nil {
		return 0, err
	}
	first := true
	for {
		if err := c.next(); err != nil {
			return n, err
		}
		switch ch := c.s.b[c.at]; {
		case ch == ']':
			c.at++
			return n, c.tail()
		case ch == ',' && !first:
			c.at++
			if err := c.next(); err != nil {
				return n, err
			}
		case !first:
			return n, errForm
		}
		if c.s.b[c.at] != '{' {
			return n, errForm
		}
		if err := c.whole((*skimmer).entry); err != nil {
			return n, err
		}
		first = false
		n++
		if !each(&c.s.e) {
			return n, nil
		}
	}
}

// cutter holds the part of the text that was not read yet.
type cutter struct {
	blocks blocks
	block  []byte // that s.b lies in
	s      skimmer
	at     int
}

// more puts the next block behind what is left, which is the beginning of an entry and mostly fits before it.
func (c *cutter) more() error {
	left := c.s.b[c.at:]
	if len(left) > maxEntry {
		return errLong
	}
	block, err := c.blocks.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return errEnd
		}
		return err
	}
	if len(left) <= headroom {
		c.s.b = block[headroom-len(left):]
		copy(c.s.b, left)
	} else {
		c.s.b = slices.Concat(left, block[headroom:])
	}
	if c.block != nil {
		c.blocks.spent(c.block)
	}
	c.block, c.at = block, 0
	return nil
}

// next goes to the next byte that is not white space.
func (c *cutter) next() error {
	for {
		if c.at = space(c.s.b, c.at); c.at < len(c.s.b) {
			return nil
		}
		if err := c.more(); err != nil {
			return err
		}
	}
}

// whole reads a value that may go on in later blocks.
func (c *cutter) whole(read func(s *skimmer, i int) (int, error)) error {
	for {
		end, err := read(&c.s, c.at)
		if err == nil {
			c.at = end
			return nil
		}
		if !errors.Is(err, errMore) {
			return err
		}
		if err := c.more(); err != nil {
			return err
		}
	}
}

// head goes to the first entry.
func (c *cutter) head() error {
	if err := c.next(); err != nil {
		return ended(err)
	}
	if c.s.b[c.at] != '{' {
		return errNotCloudTrail
	}
	for sep := byte('{'); ; sep = ',' {
		if err := c.next(); err != nil {
			return ended(err)
		}
		if c.s.b[c.at] != sep {
			return errNotCloudTrail
		}
		c.at++
		name, err := c.name()
		if err != nil {
			return ended(err)
		}
		if name == "Records" && c.s.b[c.at] == '[' {
			c.at++
			return nil
		}
		if err := c.whole((*skimmer).skip); err != nil {
			return ended(err)
		}
	}
}

// name reads a member's name, and goes to its value.
func (c *cutter) name() (name string, err error) {
	if err := c.next(); err != nil {
		return "", err
	}
	if c.s.b[c.at] != '"' {
		return "", errForm
	}
	err = c.whole(func(s *skimmer, i int) (int, error) {
		end, _ := endOfString(s.b, i+1)
		if end < 0 {
			return 0, errMore
		}
		name = string(s.b[i+1 : end])
		return end + 1, nil
	})
	if err == nil {
		err = c.next()
	}
	if err == nil && c.s.b[c.at] != ':' {
		err = errForm
	}
	if err != nil {
		return "", err
	}
	c.at++
	return name, c.next()
}

// ended says of a text that is no file of CloudTrail that it is none.
func ended(err error) error {
	if errors.Is(err, errForm) || errors.Is(err, errLong) {
		return errNotCloudTrail
	}
	return err
}

// tail reads what follows the list to the end of the file, so that a file cut short is told even there.
func (c *cutter) tail() error {
	for closed := false; ; {
		switch err := c.next(); {
		case errors.Is(err, errEnd) && closed:
			return nil
		case err != nil:
			return err
		}
		switch {
		case closed:
			return errors.New("something follows its end")
		case c.s.b[c.at] == '}':
			closed = true
			c.at++
		case c.s.b[c.at] == ',':
			c.at++
			if _, err := c.name(); err != nil {
				return err
			}
			if err := c.whole((*skimmer).skip); err != nil {
				return err
			}
		default:
			return errForm
		}
	}
}

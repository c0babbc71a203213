package statickeys

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"path"
	"strings"
)

// Bounds of archives. What they leave out is told.
const (
	maxEntries  = 20_000
	maxEntry    = 64 << 20  // bytes of one entry, unpacked
	maxUnpacked = 512 << 20 // of all that one file holds
	maxRatio    = 200       // bytes that come out of one, once there are more than a few
	fewBytes    = 4 << 20
	maxArchives = 2 // an archive, and archives in it
)

// packed are the beginnings of files in a form that is not unpacked.
var packed = []string{"\xfd7zXZ\x00", "(\xb5/\xfd", "BZh", "7z\xbc\xaf'\x1c", "Rar!", "\x04\x22\x4d\x18"}

// archive looks through the entries of an archive. It reports false for what is none.
func (r *run) archive(at Place, name string, content []byte, depth int) bool {
	var read func(at Place, name string, content []byte, depth int)
	switch {
	case bytes.HasPrefix(content, []byte("PK\x03\x04")), bytes.HasPrefix(content, []byte("PK\x05\x06")):
		read = r.zip
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b, 8}):
		read = r.gzip
	case isTar(content):
		read = func(at Place, _ string, content []byte, depth int) {
			r.tar(at, r.spending(bytes.NewReader(content), maxEntry), depth)
		}
	default:
		for _, mark := range packed {
			if bytes.HasPrefix(content, []byte(mark)) {
				r.skip(at, Packed)
				return true
			}
		}
		return false
	}
	if depth >= maxArchives {
		r.skip(at, TooDeep)
		return true
	}
	read(at, name, content, depth)
	return true
}

// entry is the place of an entry. Its name is shown, and never used as a path.
func entry(at Place, name string) Place {
	name = printableName(name)
	if at.Entry != "" {
		name = at.Entry + "!" + name
	}
	at.Entry = name
	return at
}

func printableName(name string) string {
	return strings.Map(visible, strings.ToValidUTF8(name[:min(len(name), 1000)], "?"))
}

func (r *run) zip(at Place, _ string, content []byte, depth int) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		r.skip(at, Damaged)
		return
	}
	for n, file := range archive.File {
		if n == maxEntries {
			r.skip(at, TooMany)
			return
		}
		if !file.Mode().IsRegular() {
			continue
		}
		place := entry(at, file.Name)
		if file.Flags&1 != 0 {
			r.skip(place, Encrypted)
			continue
		}
		opened, err := file.Open()
		if errors.Is(err, zip.ErrAlgorithm) {
			r.skip(place, Packed)
			continue
		}
		if err != nil {
			r.skip(place, Damaged)
			continue
		}
		data, ok := r.unpack(place, opened, int64(min(file.CompressedSize64, math.MaxInt64)))
		_ = opened.Close()
		if ok {
			r.file(place, file.Name, data, depth+1)
		}
		if r.spent > r.most {
			r.skip(at, r.exhausted()) // what comes behind this entry
			return
		}
	}
}

func (r *run) gzip(at Place, name string, content []byte, depth int) {
	unpacker, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		r.skip(at, Damaged)
		return
	}
	inner := strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".gz"), ".tgz")
	stream := bufio.NewReaderSize(unpacker, 64<<10)
	if first, _ := stream.Peek(tarMark + len("ustar")); isTar(first) { // .tar.gz is one archive, not two, and may be larger than one entry
		r.tar(at, r.spending(stream, int64(len(content))), depth)
		return
	}
	if data, ok := r.unpack(at, stream, int64(len(content))); ok {
		r.file(at, inner, data, depth+1)
	}
}

// tarMark is where a tar says that it is one.
const tarMark = 257

func isTar(content []byte) bool {
	return len(content) >= tarMark+5 && string(content[tarMark:tarMark+5]) == "ustar"
}

// tar looks through the entries as they come, so that one is in memory at a time.
func (r *run) tar(at Place, from *spending, depth int) {
	archive := tar.NewReader(from)
	for n := 0; ; n++ {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, errSpent):
			r.skip(at, from.why) // what comes behind
			return
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			r.skip(at, Damaged)
			return
		}
		if n == maxEntries {
			r.skip(at, TooMany)
			return
		}
		if header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeGNUSparse && header.Typeflag != tar.TypeCont {
			continue
		}
		place := entry(at, header.Name)
		data, err := io.ReadAll(io.LimitReader(archive, maxEntry+1))
		switch {
		case errors.Is(err, errSpent):
			r.skip(place, from.why)
		case len(data) > maxEntry:
			r.skip(place, TooLarge)
		case r.whole(place, data, err):
			r.file(place, header.Name, data, depth+1)
		}
	}
}

// spending counts what comes out of an archive, and ends it where that is too much, also of what is passed over.
type spending struct {
	run  *run
	from io.Reader
	left int64
	why  Why
}

var errSpent = errors.New("all that may be unpacked was")

// spending reads a stream within the bounds; size is how much it takes as it is packed, in bytes.
func (r *run) spending(from io.Reader, size int64) *spending {
	s := &spending{r, from, r.most - r.spent, r.exhausted()}
	if dense := max(fewBytes, size*maxRatio); dense < s.left {
		s.left, s.why = dense, TooDense
	}
	return s
}

func (s *spending) Read(p []byte) (int, error) {
	if s.left < 0 {
		return 0, errSpent
	}
	n, err := s.from.Read(p)
	s.left -= int64(n)
	s.run.spent += int64(n)
	return n, err
}

// unpackedOf is how much may come out of a file of a size, in bytes.
func unpackedOf(size int) int64 { return min(maxUnpacked, max(maxEntry, int64(size)*maxRatio)) }

// exhausted is what it means that all of that came out.
func (r *run) exhausted() Why {
	if r.most < maxUnpacked {
		return TooDense
	}
	return TooLarge
}

// unpack reads an entry within the bounds; size is how much it takes as it is packed, in bytes, where that is known.
func (r *run) unpack(at Place, from io.Reader, size int64) ([]byte, bool) {
	most := int64(maxEntry)
	why := TooLarge
	if dense := max(fewBytes, size*maxRatio); dense < most {
		most, why = dense, TooDense
	}
	if left := r.most - r.spent; left < most {
		most, why = left, r.exhausted()
	}
	data, err := io.ReadAll(io.LimitReader(from, most+1))
	r.spent += int64(len(data))
	if int64(len(data)) > most {
		r.skip(at, why)
		return nil, false
	}
	return data, r.whole(at, data, err)
}

// whole reports whether there is something to look through in what was unpacked: what came out before any damage.
func (r *run) whole(at Place, data []byte, err error) bool {
	if err != nil {
		r.skip(at, Damaged)
	}
	return err == nil || len(data) > 0
}

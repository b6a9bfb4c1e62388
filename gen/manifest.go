package gen

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"profilegen/rule"
	"profilegen/schema"
)

// manifestVersion is the version of the manifest's format.
const manifestVersion = 1

// writeManifest writes the manifest of a batch: a line for each file, sorted by
// name. It holds no date and no secret, so the same batch gives the same bytes.
// Files of a former batch that still stand there are listed as stale.
func writeManifest(w io.Writer, tool, pattern string, f *files) error {
	out := bufio.NewWriterSize(w, 1<<16)
	line := append(make([]byte, 0, 512), "{\"version\":"...)
	line = strconv.AppendInt(line, manifestVersion, 10)
	line = append(line, ",\"tool\":"...)
	line = appendJSON(line, tool)
	line = append(line, ",\"name\":"...)
	line = appendJSON(line, pattern)
	line = append(line, ",\"files\":["...)
	out.Write(line) // an error stays with out until Flush
	f.sort()
	inOrder(len(f.order), func(dst []byte, from, to int) []byte {
		for i := from; i < to; i++ {
			if i > 0 {
				dst = append(dst, ',')
			}
			k := int(f.order[i].index)
			dst = f.appendLine(append(dst, '\n'), k)
		}
		return dst
	}, func(lines []byte) { out.Write(lines) })
	out.WriteString("\n]}\n")
	return out.Flush()
}

// inOrder makes a long text of count items in blocks, by two goroutines at
// once: fill appends the items from to to, and put gets the blocks in order.
func inOrder(count int, fill func(dst []byte, from, to int) []byte, put func([]byte)) {
	const hands, block = 2, 256
	var full, free [hands]chan []byte
	for h := range hands {
		full[h], free[h] = make(chan []byte), make(chan []byte, 2)
		free[h] <- nil
		free[h] <- nil
		go func() {
			for from := h * block; from < count; from += hands * block {
				full[h] <- fill((<-free[h])[:0], from, min(from+block, count))
			}
		}()
	}
	for i := 0; i*block < count; i++ {
		text := <-full[i%hands]
		put(text)
		free[i%hands] <- text
	}
}

// appendLine appends a file's object. Names and products hold nothing that
// JSON would escape: CheckFileName and the table of models see to it.
func (f *files) appendLine(line []byte, i int) []byte {
	e := f.at(i)
	line = append(line, `{"name":"`...)
	line = f.appendName(line, i)
	line = append(line, `","size":`...)
	line = strconv.AppendUint(line, uint64(e.size), 10)
	line = append(line, `,"sha256":"`...)
	line = hex.AppendEncode(line, e.sum[:])
	if e.mac != (rule.MAC{}) {
		line = append(line, `","mac":"`...)
		line = hex.AppendEncode(line, e.mac[:])
	}
	line = append(line, `","model":"`...)
	line = append(line, f.products[e.product]...)
	if e.marks != 0 {
		line = e.marks.appendTo(line)
	}
	if e.state == Stale {
		line = append(line, `","state":"stale`...)
	}
	return append(line, `"}`...)
}

func (m marks) appendTo(line []byte) []byte {
	if role := m.role(); role != OwnFile {
		line = append(append(line, `","role":"`...), role...)
	}
	if content := m.content(); content != "" {
		line = append(append(line, `","content-encoding":"`...), content...)
	}
	return line
}

func appendJSON(line []byte, text string) []byte {
	b, _ := json.Marshal(text) // a string is always encoded
	return append(line, b...)
}

// ReadManifest reads the manifest of a batch and calls each with every file
// that it lists. A name that no batch could have written is an error: the
// manifest decides what -prune takes away.
func ReadManifest(r io.Reader, each func(FileInfo) error) error {
	d := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	if err := readManifest(d, each); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("the manifest cannot be read at byte %d: %w", d.InputOffset(), err)
	}
	return nil
}

func readManifest(d *json.Decoder, each func(FileInfo) error) error {
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		switch name {
		case "version":
			var version int
			if err := d.Decode(&version); err != nil {
				return err
			}
			if version != manifestVersion {
				return fmt.Errorf("version %d is not known; a newer program wrote it", version)
			}
		case "files":
			if err := readManifestFiles(d, each); err != nil {
				return err
			}
		default:
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
		}
	}
	return expect(d, '}')
}

func readManifestFiles(d *json.Decoder, each func(FileInfo) error) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var line struct {
			Name   string `json:"name"`
			Size   int    `json:"size"`
			SHA256 string `json:"sha256"`
			MAC    string `json:"mac"`
			Model  string `json:"model"`

			Role    Role   `json:"role"`
			Content string `json:"content-encoding"`
		}
		if err := d.Decode(&line); err != nil {
			return err
		}
		info := FileInfo{Name: line.Name, Size: line.Size, Role: line.Role, Content: line.Content}
		if m, ok := schema.FindModel(line.Model); ok {
			info.Product = m.Product
		}
		if err := CheckFileName([]byte(line.Name)); err != nil {
			return fmt.Errorf("name %q: %w", line.Name, err)
		}
		if len(line.SHA256) != 2*len(info.Sum) {
			return fmt.Errorf("file %q has no SHA-256", line.Name)
		}
		if _, err := hex.Decode(info.Sum[:], []byte(line.SHA256)); err != nil {
			return fmt.Errorf("file %q: SHA-256: %w", line.Name, err)
		}
		if line.MAC != "" {
			var err error
			if info.MAC, err = rule.ParseMAC(line.MAC); err != nil {
				return fmt.Errorf("file %q: %w", line.Name, err)
			}
		}
		if err := each(info); err != nil {
			return err
		}
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, delim json.Delim) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != delim {
		return fmt.Errorf("%q is missing", delim.String())
	}
	return nil
}

// comparer takes what is written as long as it is what old has.
type comparer struct{ old *bufio.Reader }

var errDiffers = errors.New("the bytes differ")

func (c *comparer) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part, err := c.old.Peek(min(len(p)-n, c.old.Size()))
		if err != nil || !bytes.Equal(part, p[n:n+len(part)]) {
			return n, errDiffers
		}
		c.old.Discard(len(part))
		n += len(part)
	}
	return n, nil
}

package gen

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
)

// Zip writes the files of the fleet into one archive: the names and bytes that
// Run writes into a folder. The files are stored, or compressed with deflate;
// compressing costs several times what all the rest does. The same fleet gives
// the same archive, so there are no dates in it.
//
// The standard library's writer keeps some hundred bytes for each file until
// the end and packs one file after the other. Here the workers pack, and a
// file costs 16 bytes more than its line of the manifest.
//
// When it fails, what was written until then is no archive.
func (b *Batch) Zip(ctx context.Context, w io.Writer, deflate bool) (*Result, error) {
	r, err := b.start(ctx, nil)
	if err != nil {
		return r.result, err
	}
	r.archive = &archive{out: bufio.NewWriterSize(w, 1<<16), deflate: deflate}
	r.atOnce = r.pattern.unique
	for _, step := range []func() error{r.check, r.writePhones, r.endArchive} {
		if err = step(); err != nil {
			break
		}
	}
	if err != nil {
		r.result.files = files{}
	}
	r.result.count()
	return r.result, err
}

// endArchive writes what comes after the phones' files.
func (r *run) endArchive() error {
	a, pack := r.archive, newPacker(r.archive.deflate)
	for _, name := range slices.Sorted(maps.Keys(r.bootstraps)) {
		b := r.bootstraps[name]
		r.result.files.add([]byte(name), b.file)
		entry, packed, err := pack.append(nil, []byte(name), b.data, b.secret)
		if err != nil {
			return err
		}
		a.entries = append(a.entries, entry)
		a.out.Write(packed) // an error stays with out until it is flushed
	}
	if err := a.stream(ManifestName, r.writeManifest); err != nil {
		return err
	}
	return a.close(func(i int) []byte {
		if i == r.result.files.count {
			return []byte(ManifestName)
		}
		return r.result.files.name(i)
	})
}

// take writes the files of a job.
func (a *archive) take(j *job) error {
	for i := range j.count {
		if p := &j.phones[i]; p.file.state != skipped {
			a.entries = append(a.entries, j.packed[i])
		}
	}
	_, err := a.out.Write(j.data)
	return err
}

// zipEntry is what the directory at the end of an archive says of a file.
type zipEntry struct {
	crc    uint32
	packed uint32
	size   uint32
	method uint16
	secret bool
}

// packer appends files to what will be written.
type packer struct {
	deflate *flate.Writer // nil: stored
	buf     bytes.Buffer
}

func newPacker(deflate bool) *packer {
	p := &packer{}
	if deflate {
		p.deflate, _ = flate.NewWriter(&p.buf, flate.DefaultCompression) // the level is known
	}
	return p
}

// The numbers of APPNOTE.TXT, the description of the format.
const (
	localSignature     = 0x04034b50
	directorySignature = 0x02014b50
	end64Signature     = 0x06064b50
	locator64Signature = 0x07064b50
	endSignature       = 0x06054b50

	version20 = 20 // deflate, folders
	version45 = 45 // archives with more than 65,535 files or 4 GiB
	madeUnix  = 3 << 8

	stored, deflated = 0, 8

	dosDate = 1<<5 | 1 // 1 January 1980, the first day there is; the time is 0
)

// append appends the header and the data of a file.
func (p *packer) append(dst, name, data []byte, secret bool) (e zipEntry, _ []byte, err error) {
	e = zipEntry{crc: crc32.ChecksumIEEE(data), size: uint32(len(data)), secret: secret}
	if p.deflate != nil {
		p.buf.Reset()
		p.deflate.Reset(&p.buf)
		if _, err := p.deflate.Write(data); err != nil {
			return e, dst, err
		}
		if err := p.deflate.Close(); err != nil {
			return e, dst, err
		}
		if p.buf.Len() < len(data) {
			data, e.method = p.buf.Bytes(), deflated
		}
	}
	e.packed = uint32(len(data))
	return e, append(e.appendHeader(dst, name), data...), nil
}

// appendHeader appends what stands before a file's data.
func (e *zipEntry) appendHeader(dst, name []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, localSignature)
	dst = e.appendCommon(dst)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(name)))
	dst = binary.LittleEndian.AppendUint16(dst, 0) // no extra fields
	return append(dst, name...)
}

// appendCommon appends what both headers of a file have.
func (e *zipEntry) appendCommon(dst []byte) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint16(dst, version20)
	dst = le.AppendUint16(dst, 0) // flags
	dst = le.AppendUint16(dst, e.method)
	dst = le.AppendUint16(dst, 0) // time
	dst = le.AppendUint16(dst, dosDate)
	dst = le.AppendUint32(dst, e.crc)
	dst = le.AppendUint32(dst, e.packed)
	return le.AppendUint32(dst, e.size)
}

// archive is a zip file that is being written.
type archive struct {
	out     *bufio.Writer
	deflate bool
	entries []zipEntry // of the files written, in their order
}

// appendDirectory appends what the directory says of a file whose header
// stands at offset.
func (e *zipEntry) appendDirectory(d, name []byte, offset uint64) []byte {
	le := binary.LittleEndian
	d = le.AppendUint32(d, directorySignature)
	d = le.AppendUint16(d, madeUnix|version20)
	d = e.appendCommon(d)
	d = le.AppendUint16(d, uint16(len(name)))
	far := offset >= 1<<32-1
	if far {
		d = le.AppendUint16(d, 2+2+8)
	} else {
		d = le.AppendUint16(d, 0)
	}
	d = le.AppendUint16(d, 0) // comment
	d = le.AppendUint16(d, 0) // disk
	d = le.AppendUint16(d, 0) // internal attributes
	d = le.AppendUint32(d, e.mode()<<16)
	if far {
		d = le.AppendUint32(d, 1<<32-1)
	} else {
		d = le.AppendUint32(d, uint32(offset))
	}
	d = append(d, name...)
	if far {
		d = le.AppendUint16(d, 1) // the field of zip64
		d = le.AppendUint16(d, 8)
		d = le.AppendUint64(d, offset)
	}
	return d
}

// stream writes a file that is too large to keep in memory. Its header comes
// first and has its size, so write is called twice.
func (a *archive) stream(name string, write func(io.Writer) error) error {
	into := func(w io.Writer) (size, crc uint32, err error) {
		m := &meter{w: w}
		if !a.deflate {
			err = write(m)
			return m.size, m.crc, err
		}
		packing, _ := flate.NewWriter(w, flate.DefaultCompression) // the level is known
		m.w = packing
		if err = write(m); err == nil {
			err = packing.Close()
		}
		return m.size, m.crc, err
	}
	packed := &meter{w: io.Discard}
	size, crc, err := into(packed)
	if err != nil {
		return err
	}
	e := zipEntry{crc: crc, packed: packed.size, size: size}
	if a.deflate {
		e.method = deflated
	}
	a.entries = append(a.entries, e)
	a.out.Write(e.appendHeader(nil, []byte(name))) // an error stays with out until it is flushed
	_, _, err = into(a.out)
	return err
}

// meter sums up what is written.
type meter struct {
	w         io.Writer
	size, crc uint32
}

func (m *meter) Write(p []byte) (int, error) {
	m.size += uint32(len(p))
	m.crc = crc32.Update(m.crc, crc32.IEEETable, p)
	return m.w.Write(p)
}

const localHeader = 30 // bytes before the name

// mode is the file's on Unix: a regular file that its owner may write.
func (e *zipEntry) mode() uint32 {
	const regular = 0o100000
	if e.secret {
		return regular | 0o600
	}
	return regular | 0o644
}

// close writes the directory and the end of the archive. name gives the names
// of the files.
func (a *archive) close(name func(int) []byte) error {
	var line []byte
	var offset, size uint64
	for i := range a.entries {
		line = a.entries[i].appendDirectory(line[:0], name(i), offset)
		offset += uint64(localHeader+len(name(i))) + uint64(a.entries[i].packed)
		size += uint64(len(line))
		a.out.Write(line) // an error stays with out until it is flushed
	}
	a.out.Write(appendEnd(nil, uint64(len(a.entries)), offset, size))
	if err := a.out.Flush(); err != nil {
		return fmt.Errorf("writing the archive: %w", err)
	}
	return nil
}

// appendEnd appends the end of an archive: how many files there are, and where
// the directory stands.
func appendEnd(end []byte, count, start, size uint64) []byte {
	le := binary.LittleEndian
	if count >= 1<<16-1 || start >= 1<<32-1 || size >= 1<<32-1 {
		end = le.AppendUint32(end, end64Signature)
		end = le.AppendUint64(end, 44) // bytes of this record that follow
		end = le.AppendUint16(end, madeUnix|version45)
		end = le.AppendUint16(end, version45)
		end = le.AppendUint64(end, 0) // disks
		end = le.AppendUint64(end, count)
		end = le.AppendUint64(end, count)
		end = le.AppendUint64(end, size)
		end = le.AppendUint64(end, start)
		end = le.AppendUint32(end, locator64Signature)
		end = le.AppendUint32(end, 0)
		end = le.AppendUint64(end, start+size)
		end = le.AppendUint32(end, 1)
	}
	end = le.AppendUint32(end, endSignature)
	end = le.AppendUint32(end, 0) // disks
	end = le.AppendUint16(end, uint16(min(count, 1<<16-1)))
	end = le.AppendUint16(end, uint16(min(count, 1<<16-1)))
	end = le.AppendUint32(end, uint32(min(size, 1<<32-1)))
	end = le.AppendUint32(end, uint32(min(start, 1<<32-1)))
	return le.AppendUint16(end, 0) // comment
}

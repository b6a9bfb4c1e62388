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
// the end and packs one file after the other. Here the workers pack, and
// nothing is kept that the manifest does not need.
//
// When it fails, what was written until then is no archive.
func (b *Batch) Zip(ctx context.Context, w io.Writer, deflate bool) (*Result, error) {
	r, err := b.start(ctx, nil)
	if err != nil {
		return r.result, err
	}
	r.archive = &archive{out: bufio.NewWriterSize(w, 1<<16), deflate: deflate, progress: r.tellProgress}
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

// tellProgress says that the work goes on though no more phones are done.
func (r *run) tellProgress() {
	if r.Progress != nil {
		r.Progress(len(r.states), len(r.states))
	}
}

// endArchive writes what comes after the phones' files.
func (r *run) endArchive() error {
	a, pack := r.archive, newPacker(r.archive.deflate)
	a.progress()
	for _, name := range slices.Sorted(maps.Keys(r.bootstraps)) {
		b := r.bootstraps[name]
		packed, entry, err := pack.append(nil, []byte(name), b.data)
		if err != nil {
			return err
		}
		b.file.secret = b.secret
		r.result.files.add([]byte(name), b.file)
		r.result.files.addZip(entry)
		a.out.Write(packed) // an error stays with out until it is flushed
	}
	manifest, size, err := a.stream(ManifestName, r.writeManifest)
	if err != nil {
		return err
	}
	return a.close(&r.result.files, manifest, size)
}

// zipEntry is what an archive says of a file beyond what the manifest says.
type zipEntry struct {
	crc    uint32
	packed uint32 // its size in the archive, smaller when it is compressed
}

// addZip notes the place in an archive of the file that was added last.
func (f *files) addZip(e zipEntry) {
	b := f.blocks[len(f.blocks)-1]
	if b.zip == nil {
		b.zip = new([filesInBlock]zipEntry)
	}
	b.zip[(f.count-1)%filesInBlock] = e
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
func (p *packer) append(dst, name, data []byte) ([]byte, zipEntry, error) {
	e, size := zipEntry{crc: crc32.ChecksumIEEE(data)}, uint32(len(data))
	if p.deflate != nil {
		p.buf.Reset()
		p.deflate.Reset(&p.buf)
		if _, err := p.deflate.Write(data); err != nil {
			return dst, e, err
		}
		if err := p.deflate.Close(); err != nil {
			return dst, e, err
		}
		if p.buf.Len() < len(data) {
			data = p.buf.Bytes()
		}
	}
	e.packed = uint32(len(data))
	return append(e.appendHeader(dst, name, size), data...), e, nil
}

// appendHeader appends what stands before a file's data.
func (e *zipEntry) appendHeader(dst, name []byte, size uint32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, localSignature)
	dst = e.appendCommon(dst, size)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(name)))
	dst = binary.LittleEndian.AppendUint16(dst, 0) // no extra fields
	return append(dst, name...)
}

// appendCommon appends what both headers of a file have.
func (e *zipEntry) appendCommon(dst []byte, size uint32) []byte {
	le := binary.LittleEndian
	method := uint16(stored)
	if e.packed < size {
		method = deflated
	}
	dst = le.AppendUint16(dst, version20)
	dst = le.AppendUint16(dst, 0) // flags
	dst = le.AppendUint16(dst, method)
	dst = le.AppendUint16(dst, 0) // time
	dst = le.AppendUint16(dst, dosDate)
	dst = le.AppendUint32(dst, e.crc)
	dst = le.AppendUint32(dst, e.packed)
	return le.AppendUint32(dst, size)
}

// archive is a zip file that is being written.
type archive struct {
	out      *bufio.Writer
	deflate  bool
	progress func() // called every few dozen kilobytes of a long file
}

// appendDirectory appends what the directory says of a file whose header
// stands at offset.
func (e *zipEntry) appendDirectory(d, name []byte, size uint32, secret bool, offset uint64) []byte {
	le := binary.LittleEndian
	d = le.AppendUint32(d, directorySignature)
	d = le.AppendUint16(d, madeUnix|version20)
	d = e.appendCommon(d, size)
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
	d = le.AppendUint32(d, unixMode(secret)<<16)
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
func (a *archive) stream(name string, write func(io.Writer) error) (e zipEntry, size uint32, err error) {
	into := func(w io.Writer) (size, crc uint32, err error) {
		m := &meter{w: w, progress: a.progress}
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
	packed := &meter{w: io.Discard, progress: func() {}}
	if size, e.crc, err = into(packed); err != nil {
		return e, size, err
	}
	e.packed = packed.size
	a.out.Write(e.appendHeader(nil, []byte(name), size)) // an error stays with out until it is flushed
	_, _, err = into(a.out)
	return e, size, err
}

// meter sums up what is written.
type meter struct {
	w         io.Writer
	size, crc uint32
	progress  func()
}

func (m *meter) Write(p []byte) (int, error) {
	m.size += uint32(len(p))
	m.crc = crc32.Update(m.crc, crc32.IEEETable, p)
	m.progress()
	return m.w.Write(p)
}

const localHeader = 30 // bytes before the name

// unixMode is a file's on Unix: a regular file that its owner may write.
func unixMode(secret bool) uint32 {
	const regular = 0o100000
	if secret {
		return regular | 0o600
	}
	return regular | 0o644
}

// close writes the directory and the end of the archive, which has the files
// in the order they were noted, and then the manifest.
func (a *archive) close(files *files, manifest zipEntry, manifestSize uint32) error {
	var line, name []byte
	var offset, size uint64
	add := func(name []byte, e *zipEntry, fileSize uint32, secret bool) {
		line = e.appendDirectory(line[:0], name, fileSize, secret, offset)
		offset += uint64(localHeader+len(name)) + uint64(e.packed)
		size += uint64(len(line))
		a.out.Write(line) // an error stays with out until it is flushed
	}
	for i := range files.count {
		name = files.appendName(name[:0], i)
		file := files.at(i)
		add(name, &files.blocks[i/filesInBlock].zip[i%filesInBlock], file.size, file.secret)
	}
	add([]byte(ManifestName), &manifest, manifestSize, false)
	a.out.Write(appendEnd(nil, uint64(files.count)+1, offset, size))
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

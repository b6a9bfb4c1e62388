package main

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"profilegen/gen"
)

// fastWriter is a plainWriter that makes new files, and compares old ones, in
// as few system calls as can be. A new file is made without a name, written,
// and then linked to its name: so it appears whole, at two thirds of what
// writing and renaming costs, and when the program is killed the system
// forgets it. In a folder that nobody sees yet a file is made with its name.
// What is out of the ordinary goes to the plainWriter.
type fastWriter struct {
	*plainWriter
	dir      int  // the output folder; -1 until it is there
	nameless bool // files can be made without a name
	proc     bool // link by way of /proc: older systems demand a privilege for the direct one
	slow     bool // calls may take long: tell the Go scheduler of them

	parent   []byte // folder of the file before, relative to dir
	parentFD int
	path     []byte // ends in NUL
	buf      []byte
}

var (
	dot   = []byte(".\x00")
	empty = []byte("\x00")
)

func (f *folder) NewWriter() (gen.Writer, error) {
	return &fastWriter{plainWriter: f.newPlainWriter(), dir: -1, nameless: true, parentFD: -1}, nil
}

// open opens the output folder.
func (w *fastWriter) open() error {
	if w.dir >= 0 {
		return nil
	}
	dir, err := w.root.Open(".")
	if err != nil {
		return w.failed("open", ".", err)
	}
	defer dir.Close()
	if w.dir, err = unix.FcntlInt(dir.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return w.failed("open", ".", err)
	}
	var fs unix.Statfs_t
	w.slow = w.slow || unix.Fstatfs(w.dir, &fs) != nil || !isLocal(int64(fs.Type))
	return nil
}

// isLocal tells the file systems whose calls end in microseconds. A direct
// call keeps its thread from other work; on a network that could be long.
func isLocal(kind int64) bool {
	switch kind {
	case unix.TMPFS_MAGIC, unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true
	}
	return false
}

func (w *fastWriter) Close() error {
	w.closeParent()
	if w.dir >= 0 {
		unix.Close(w.dir)
		w.dir = -1
	}
	return nil
}

func (w *fastWriter) closeParent() {
	if w.parentFD >= 0 {
		unix.Close(w.parentFD)
		w.parentFD = -1
	}
}

// State reads one byte more than the file should have: so that its size needs
// no call of its own.
func (w *fastWriter) State(name, data []byte) (gen.State, error) {
	if w.root == nil {
		return gen.Add, nil
	}
	if err := w.open(); err != nil {
		return 0, err
	}
	at, base, errno := w.enter(name, false, 0)
	if errno == unix.ENOENT {
		return gen.Add, nil
	}
	if errno != 0 {
		return w.plainWriter.State(name, data)
	}
	fd, errno := w.openat(at, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errno == unix.ENOENT {
		return gen.Add, nil
	}
	if errno != 0 {
		return w.plainWriter.State(name, data)
	}
	if cap(w.buf) <= len(data) {
		w.buf = make([]byte, 2*len(data)+1)
	}
	n, errno := w.read(fd, w.buf[:len(data)+1])
	w.closeFD(fd)
	if errno == 0 && n == len(data) && bytes.Equal(w.buf[:n], data) {
		return gen.Unchanged, nil
	}
	return w.plainWriter.State(name, data) // it takes a closer look
}

func (w *fastWriter) Write(name, data []byte, secret bool, state gen.State) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.open(); err != nil {
		return err
	}
	if state != gen.Add || !w.nameless {
		return w.plainWriter.Write(name, data, secret, state)
	}
	if secret && !w.secret.Load() {
		w.secret.Store(true)
	}
	if w.staged {
		if err := w.create(name, data, secret); err != nil {
			return w.failed("write", string(name), err)
		}
		return nil
	}
	mode := w.fileMode(secret)
	fd, errno := w.openat(w.dir, dot, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, uint32(mode))
	switch errno {
	case 0:
	case unix.EOPNOTSUPP, unix.EISDIR, unix.ENOENT, unix.EINVAL, unix.ENOSYS:
		w.nameless = false
		return w.plainWriter.Write(name, data, secret, state)
	default:
		return w.failed("write", string(name), errno)
	}
	err := w.fill(fd, data, mode)
	if err == nil {
		err = w.link(fd, name, secret)
	}
	w.closeFD(fd)
	if err == unix.ENOENT { // there is no /proc
		w.nameless = false
		return w.plainWriter.Write(name, data, secret, state)
	}
	if err != nil {
		return w.failed("write", string(name), err)
	}
	return nil
}

// create makes a file with its name, where nobody looks.
func (w *fastWriter) create(name, data []byte, secret bool) error {
	at, base, errno := w.enter(name, true, w.folderMode(secret))
	if errno != 0 {
		return errno
	}
	mode := w.fileMode(secret)
	fd, errno := w.openat(at, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, uint32(mode))
	if errno != 0 {
		return errno
	}
	err := w.fill(fd, data, mode)
	w.closeFD(fd)
	if err != nil {
		unix.Unlinkat(at, string(base[:len(base)-1]), 0)
	}
	return err
}

// fill writes the content of a file that has no name yet.
func (w *fastWriter) fill(fd int, data []byte, mode fs.FileMode) error {
	for len(data) > 0 {
		n, errno := w.write(fd, data)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		data = data[n:]
	}
	if w.mode != 0 && mode&umask() != 0 {
		if err := unix.Fchmod(fd, uint32(mode)); err != nil {
			return err
		}
	}
	if w.sync {
		return unix.Fsync(fd)
	}
	return nil
}

// link gives a file its name. It does not replace another one.
func (w *fastWriter) link(fd int, name []byte, secret bool) error {
	at, base, errno := w.enter(name, true, w.folderMode(secret))
	if errno != 0 {
		return errno
	}
	if !w.proc {
		errno = w.linkat(fd, empty, at, base, unix.AT_EMPTY_PATH)
		if errno != unix.ENOENT {
			return orNil(errno)
		}
		w.proc = true // before Linux 6.10 that needs CAP_DAC_READ_SEARCH
	}
	target := append(strconv.AppendInt([]byte("/proc/self/fd/"), int64(fd), 10), 0)
	return orNil(w.linkat(unix.AT_FDCWD, target, at, base, unix.AT_SYMLINK_FOLLOW))
}

func orNil(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// enter opens the folder that a file is in, one part of the path after the
// other, so that no link is followed. base is the rest of the name. With make
// it makes the folders that are missing.
func (w *fastWriter) enter(name []byte, create bool, mode fs.FileMode) (at int, base []byte, errno syscall.Errno) {
	w.path = append(append(w.path[:0], name...), 0)
	end := bytes.LastIndexByte(name, '/')
	if end < 0 {
		return w.dir, w.path, 0
	}
	base = w.path[end+1:]
	if w.parentFD >= 0 && bytes.Equal(w.parent, name[:end]) {
		return w.parentFD, base, 0
	}
	w.closeParent()
	at = w.dir
	for part := w.path[:end+1]; len(part) > 0; {
		slash := bytes.IndexByte(part, '/')
		part[slash] = 0
		next, errno := w.subfolder(at, part[:slash+1], create, mode)
		if at != w.dir {
			w.closeFD(at)
		}
		if errno != 0 {
			return 0, nil, errno
		}
		at, part = next, part[slash+1:]
	}
	w.parent, w.parentFD = append(w.parent[:0], name[:end]...), at
	return at, base, 0
}

// subfolder opens one folder in another.
func (w *fastWriter) subfolder(at int, name []byte, create bool, mode fs.FileMode) (fd int, errno syscall.Errno) {
	if create {
		errno = w.mkdirat(at, name, uint32(mode))
		if errno == 0 && w.mode != 0 && mode&umask() != 0 {
			if err := unix.Fchmodat(at, string(name[:len(name)-1]), uint32(mode), 0); err != nil {
				return 0, err.(syscall.Errno)
			}
		}
		if errno != 0 && errno != unix.EEXIST {
			return 0, errno
		}
	}
	return w.openat(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// umask is the process's. Asking for it sets it, for a moment, to what keeps
// everyone else out.
var umask = sync.OnceValue(func() fs.FileMode {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return fs.FileMode(mask) & fs.ModePerm
})

// syncFolders makes sure that the names of all files are on the disk.
func (f *folder) syncFolders() error {
	if !f.sync {
		return nil
	}
	dir, err := f.root.Open(".")
	if err != nil {
		return f.failed("open", ".", err)
	}
	defer dir.Close()
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return f.failed("sync", ".", err)
	}
	return nil
}

// syncFolder makes sure that the names in a folder are on the disk.
func syncFolder(dir *os.File) error { return dir.Sync() }

// The system calls. Names end in NUL. A direct one is some tenths of a
// microsecond faster, of ten that a new file takes: the scheduler is not told
// that the thread may block.

func (w *fastWriter) openat(at int, name []byte, flags int, mode uint32) (int, syscall.Errno) {
	fd, errno := w.call(unix.SYS_OPENAT, at, unsafe.Pointer(&name[0]), uintptr(flags), uintptr(mode))
	return int(fd), errno
}

func (w *fastWriter) mkdirat(at int, name []byte, mode uint32) syscall.Errno {
	_, errno := w.call(unix.SYS_MKDIRAT, at, unsafe.Pointer(&name[0]), uintptr(mode), 0)
	return errno
}

func (w *fastWriter) read(fd int, p []byte) (int, syscall.Errno) {
	n, errno := w.call(unix.SYS_READ, fd, unsafe.Pointer(&p[0]), uintptr(len(p)), 0)
	return int(n), errno
}

func (w *fastWriter) write(fd int, p []byte) (int, syscall.Errno) {
	n, errno := w.call(unix.SYS_WRITE, fd, unsafe.Pointer(&p[0]), uintptr(len(p)), 0)
	return int(n), errno
}

func (w *fastWriter) closeFD(fd int) { w.call(unix.SYS_CLOSE, fd, nil, 0, 0) }

func (w *fastWriter) call(trap uintptr, fd int, p unsafe.Pointer, a, b uintptr) (uintptr, syscall.Errno) {
	if !w.slow {
		r, _, errno := syscall.RawSyscall6(trap, uintptr(fd), uintptr(p), a, b, 0, 0)
		return r, errno
	}
	r, _, errno := syscall.Syscall6(trap, uintptr(fd), uintptr(p), a, b, 0, 0)
	return r, errno
}

func (w *fastWriter) linkat(from int, source []byte, to int, target []byte, flags int) syscall.Errno {
	p, q := unsafe.Pointer(&source[0]), unsafe.Pointer(&target[0])
	if !w.slow {
		_, _, errno := syscall.RawSyscall6(unix.SYS_LINKAT, uintptr(from), uintptr(p), uintptr(to), uintptr(q), uintptr(flags), 0)
		return errno
	}
	_, _, errno := syscall.Syscall6(unix.SYS_LINKAT, uintptr(from), uintptr(p), uintptr(to), uintptr(q), uintptr(flags), 0)
	return errno
}

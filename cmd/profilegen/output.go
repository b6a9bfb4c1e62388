package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"profilegen/gen"
)

// outputOptions say how the files of a batch are written.
type outputOptions struct {
	mode fs.FileMode // of the files; 0: 0600 for those that hold secrets, 0644 for the others
	sync bool        // make sure that files are on the disk before they appear
	plan bool        // write nothing
}

// runBatch writes the files of a batch into a folder, or only says what it
// would do. When it fails or is killed, every file in the folder is whole, old
// or new; running it again does the rest.
func runBatch(ctx context.Context, b *gen.Batch, dir string, o outputOptions) (*gen.Result, error) {
	defer collectOften(b)()
	out, err := openFolder(dir, o)
	if err != nil {
		return &gen.Result{}, err
	}
	defer out.close()
	if o.plan {
		return b.Plan(ctx, out)
	}
	return b.Run(ctx, out)
}

// collectOften keeps little memory for garbage until what it returns is
// called: of a row nothing stays, so that costs little time. Reading encrypted
// files back makes more garbage, for which a little more memory is well spent.
func collectOften(b *gen.Batch) (end func()) {
	percent := 15
	if b.Encrypts() {
		percent = 30
	}
	before := debug.SetGCPercent(percent)
	return func() { debug.SetGCPercent(before) }
}

// zipBatch writes the files of a batch into an archive. It appears when it is
// complete.
func zipBatch(ctx context.Context, b *gen.Batch, name string, deflate bool, o outputOptions) (result *gen.Result, err error) {
	defer collectOften(b)()
	file, err := os.CreateTemp(filepath.Dir(name), unfinished+"-*.zip")
	if err != nil {
		return &gen.Result{}, err
	}
	defer func() {
		file.Close()
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if result, err = b.Zip(ctx, file, deflate); err != nil {
		return result, err
	}
	if o.mode != 0 { // otherwise 0600: an archive of profiles holds passwords
		if err = file.Chmod(o.mode); err != nil {
			return result, err
		}
	}
	if o.sync {
		if err = file.Sync(); err != nil {
			return result, err
		}
	}
	if err = file.Close(); err != nil {
		return result, err
	}
	return result, renameFor(o.sync, file.Name(), name)
}

// unfinished is a folder in the output folder while a batch writes there. It
// holds the files that replace others until they are complete. When a batch
// is cut off it stays, and the next one empties it.
const unfinished = ".profilegen-unfinished"

// folder is the output folder of a batch: a gen.Output.
//
// A file appears under its name when all of it is written, so whatever reads
// the folder meanwhile, or after a crash, finds whole files only. Files with
// the right bytes are not touched. Nothing in the folder that is a symbolic
// link is followed, and nothing outside it is reached: all goes through
// os.Root.
//
// A folder that is not there yet is made beside its place, under a name that
// ends in unfinished, and gets its own name when it is complete. When the
// batch is cut off the next one goes on with it.
//
// A new folder is for its owner only, and opened for others in the end if no
// file holds a secret.
type folder struct {
	outputOptions
	path    string
	staged  bool     // the folder does not have its name yet
	root    *os.Root // nil until the folder is there
	created bool
	left    bool // a batch was cut off here
	secret  atomic.Bool

	once  sync.Once
	began error
	lock  *os.File
	count atomic.Int32 // of writers
}

func openFolder(dir string, o outputOptions) (*folder, error) {
	f := &folder{outputOptions: o, path: dir}
	var err error
	f.root, err = os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		f.root = nil
		if o.plan {
			return f, nil
		}
		f.staged = true
		f.root, err = os.OpenRoot(f.place())
		if errors.Is(err, fs.ErrNotExist) {
			f.root = nil
			return f, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if !o.plan {
		if err := f.takeLock(); err != nil {
			f.root.Close()
			return nil, err
		}
	}
	_, err = f.root.Lstat(unfinished)
	f.left = err == nil || f.staged
	return f, nil
}

// place is where the folder is while the batch is under way.
func (f *folder) place() string {
	dir := filepath.Clean(f.path)
	if !f.staged {
		return dir
	}
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+unfinished)
}

// takeLock keeps other batches out of the folder.
func (f *folder) takeLock() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return f.failed("open", ".", err)
	}
	if err := lockFolder(dir); err != nil {
		dir.Close()
		return fmt.Errorf("another batch is writing into %s: %w", f.path, err)
	}
	f.lock = dir
	return nil
}

func (f *folder) close() {
	if f.lock != nil {
		f.lock.Close() // and with it the lock
	}
	if f.root != nil {
		f.root.Close()
	}
	f.lock, f.root = nil, nil
}

// begin comes before the first change.
func (f *folder) begin() error {
	f.once.Do(func() { f.began = f.prepare() })
	return f.began
}

func (f *folder) prepare() error {
	if f.root == nil {
		if err := f.create(); err != nil {
			return err
		}
	}
	if err := f.root.RemoveAll(unfinished); err != nil {
		return f.failed("remove", unfinished, err)
	}
	if err := f.root.Mkdir(unfinished, 0o700); err != nil {
		return f.failed("mkdir", unfinished, err)
	}
	return nil
}

func (f *folder) create() error {
	dir := f.place()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, f.folderMode(true)); err != nil {
		return err
	}
	f.created = true
	var err error
	if f.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	return f.takeLock()
}

// fileMode is the mode of a file before the umask.
func (f *folder) fileMode(secret bool) fs.FileMode {
	switch {
	case f.mode != 0:
		return f.mode
	case secret:
		return 0o600
	}
	return 0o644
}

// folderMode is the mode of a folder with such files: who may read them may
// open it.
func (f *folder) folderMode(secret bool) fs.FileMode {
	mode := f.fileMode(secret) | 0o700
	return mode | mode>>2&0o111
}

func (f *folder) Empty() (bool, error) {
	if f.root == nil {
		return true, nil
	}
	dir, err := f.root.Open(".")
	if err != nil {
		return false, f.failed("open", ".", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, f.failed("read", ".", err)
	}
	return len(names) == 0 || len(names) == 1 && names[0] == unfinished, nil
}

// Staged tells that nobody sees what is written before Finish.
func (f *folder) Staged() bool { return f.staged && f.root == nil }

// Discard takes away a folder that nobody has seen.
func (f *folder) Discard() error {
	if f.root == nil {
		return nil
	}
	return os.RemoveAll(f.place())
}

func (f *folder) Unfinished() (bool, error) { return f.left, nil }

func (f *folder) Manifest() (io.ReadCloser, error) {
	if f.root == nil {
		return nil, fs.ErrNotExist
	}
	file, _, err := f.openRegular(gen.ManifestName)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// openRegular opens a file of the folder for reading, unless it is a link, a
// pipe or a device: opening such a thing can block for ever.
func (f *folder) openRegular(name string) (*os.File, fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no regular file (%s)", info.Mode().Type())
	}
	var file *os.File
	if err == nil {
		file, err = f.root.Open(name)
	}
	if err != nil {
		return nil, nil, f.failed("read", name, err)
	}
	return file, info, nil
}

// full is the path of a file as the user would write it.
func (f *folder) full(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// failed makes an error of the system name the file as the user knows it.
func (f *folder) failed(op, name string, err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	if inner := (*os.LinkError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return &fs.PathError{Op: op, Path: f.full(name), Err: err}
}

func (f *folder) WriteManifest(write func(io.Writer) error) error {
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.syncFolders(); err != nil { // files first, then the list of them
		return err
	}
	return f.replace(gen.ManifestName, unfinished+"/"+gen.ManifestName, f.fileMode(false), write)
}

// replace writes a file under another name and then gives it its own.
func (f *folder) replace(name, temporary string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	file, err := f.root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return f.failed("write", name, err)
	}
	defer func() {
		file.Close()
		if err != nil {
			f.root.Remove(temporary)
			err = f.failed("write", name, err)
		}
	}()
	if err = write(file); err != nil {
		return err
	}
	if f.mode != 0 {
		if err = file.Chmod(mode); err != nil { // the umask may have taken something away
			return err
		}
	}
	if f.sync {
		if err = file.Sync(); err != nil {
			return err
		}
	}
	if err = file.Close(); err != nil {
		return err
	}
	return f.root.Rename(temporary, name)
}

func (f *folder) Remove(info gen.FileInfo) (bool, error) {
	file, _, err := f.openRegular(info.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	file.Close()
	if err != nil {
		return false, f.failed("read", info.Name, err)
	}
	if !bytes.Equal(sum.Sum(nil), info.Sum[:]) {
		return false, nil
	}
	if err := f.begin(); err != nil {
		return false, err
	}
	if err := f.root.Remove(info.Name); err != nil {
		return false, f.failed("remove", info.Name, err)
	}
	for dir := path.Dir(info.Name); dir != "."; dir = path.Dir(dir) {
		if f.root.Remove(dir) != nil { // it holds something else
			break
		}
	}
	return true, nil
}

func (f *folder) Finish(*gen.Result) error {
	if f.root == nil || f.began != nil {
		return f.began
	}
	if _, err := f.root.Lstat(unfinished); err != nil && !f.staged {
		return nil // nothing was written, and nothing is left of a batch before
	}
	if f.created && !f.secret.Load() {
		if err := f.root.Chmod(".", f.folderMode(false)&^umask()); err != nil {
			return f.failed("chmod", ".", err)
		}
	}
	if err := f.syncFolders(); err != nil {
		return err
	}
	if err := f.root.RemoveAll(unfinished); err != nil {
		return f.failed("remove", unfinished, err)
	}
	if !f.staged {
		return nil
	}
	dir := f.place()
	f.close() // some systems rename no folder that is open
	return renameFor(f.sync, dir, filepath.Clean(f.path))
}

// renameFor renames, and with sync so that it outlasts a power cut.
func renameFor(sync bool, from, to string) error {
	if err := os.Rename(from, to); err != nil || !sync {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer dir.Close()
	return syncFolder(dir)
}

// plainWriter writes by means that every system has.
type plainWriter struct {
	*folder
	temporary string
	buf       []byte
}

func (f *folder) newPlainWriter() *plainWriter {
	return &plainWriter{folder: f, temporary: fmt.Sprintf("%s/%d", unfinished, f.count.Add(1))}
}

func (w *plainWriter) Close() error { return nil }

func (w *plainWriter) State(name, data []byte) (gen.State, error) {
	if w.root == nil {
		return gen.Add, nil
	}
	file, info, err := w.openRegular(string(name))
	if errors.Is(err, fs.ErrNotExist) {
		return gen.Add, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if info.Size() != int64(len(data)) {
		return gen.Change, nil
	}
	w.buf = append(w.buf[:0], data...)
	if _, err := io.ReadFull(file, w.buf); err != nil {
		return 0, w.failed("read", string(name), err)
	}
	if !bytes.Equal(w.buf, data) {
		return gen.Change, nil
	}
	return gen.Unchanged, nil
}

func (w *plainWriter) Write(name, data []byte, secret bool, state gen.State) error {
	if err := w.begin(); err != nil {
		return err
	}
	if secret {
		w.secret.Store(true)
	}
	file := string(name)
	if dir := path.Dir(file); dir != "." {
		if err := w.root.MkdirAll(dir, w.folderMode(secret)); err != nil {
			return w.failed("write", file, err)
		}
	}
	if state == gen.Add {
		if _, err := w.root.Lstat(file); err == nil {
			return w.failed("write", file, fs.ErrExist)
		}
	}
	return w.replace(file, w.temporary, w.fileMode(secret), func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

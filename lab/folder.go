package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// inMemory is the size up to which a file is read at once: it is then whole even if someone writes into it during a
// slow transfer, and a waiting transfer holds no descriptor.
const inMemory = 1 << 20

// Folder hands out the regular files below root, as they are at that time (on a network file system, as far as its
// cache of attributes knows). Folders, pipes, devices, links that lead out, names that begin with a dot and the temporary
// files of editors and writers are not there for it.
func Folder(root *os.Root) Files {
	kept := keptFiles{}
	return func(_ context.Context, r Request) (File, error) {
		name, err := servable(r.Path)
		if err != nil {
			return File{}, err
		}
		if whole := kept.get(root, name); whole != nil {
			return whole.file(), nil
		}
		// Without openNonblock a pipe would block this goroutine and its thread until somebody writes into it.
		f, err := root.OpenFile(name, os.O_RDONLY|openNonblock, 0)
		if err != nil {
			return File{}, notThere(err)
		}
		file, whole, err := regular(f)
		if whole != nil {
			kept.put(name, whole, time.Now())
		}
		return file, err
	}
}

// FS hands out the regular files of fsys, by the same rules as Folder.
func FS(fsys fs.FS) Files {
	return func(_ context.Context, r Request) (File, error) {
		name, err := servable(r.Path)
		if err != nil {
			return File{}, err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return File{}, err
		}
		file, _, err := regular(f)
		return file, err
	}
}

// servable is the name below the root for a path, unless no such file is ever handed out.
func servable(p string) (string, error) {
	name := strings.TrimPrefix(p, "/")
	if name == "" {
		return "", fmt.Errorf("folders are not listed: %w", fs.ErrNotExist)
	}
	for elem := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(elem, ".") {
			return "", fmt.Errorf("names that begin with a dot are not served: %w", fs.ErrNotExist)
		}
	}
	base := path.Base(name)
	if strings.HasSuffix(base, "~") || strings.HasPrefix(base, "#") {
		return "", fmt.Errorf("temporary files are not served: %w", fs.ErrNotExist)
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".tmp", ".part", ".swp", ".bak":
		return "", fmt.Errorf("temporary files are not served: %w", fs.ErrNotExist)
	}
	return name, nil
}

// notThere turns the errors that mean "there is no such file for you" into fs.ErrNotExist. The others stay: with no
// descriptor left, a healthy file must not look as if it were not there. An error of os.Root itself, which has no
// number of the system in it, is a way out of the folder.
func notThere(err error) error {
	var no syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrClosed):
		return err
	case !errors.As(err, &no), no == syscall.ENOTDIR, no == syscall.ENAMETOOLONG, no == syscall.ENXIO, no == syscall.ELOOP:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

// regular makes an answer of an open file and closes it if it is not needed any more. whole is what was read of it;
// nil: it is too large to be read at once.
func regular(f fs.File) (_ File, whole *wholeFile, err error) {
	keep := false
	defer func() {
		if !keep {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return File{}, nil, err
	}
	if !info.Mode().IsRegular() {
		return File{}, nil, fmt.Errorf("not a regular file: %w", fs.ErrNotExist)
	}
	if content, ok := f.(io.ReadSeeker); ok && info.Size() > inMemory {
		keep = true
		return File{Content: readSeekCloser{content, f}, ModTime: info.ModTime()}, nil, nil
	}
	whole = &wholeFile{info: info, data: make([]byte, info.Size())}
	if _, err := io.ReadFull(f, whole.data); err != nil {
		return File{}, nil, err
	}
	return whole.file(), whole, nil
}

type readSeekCloser struct {
	io.ReadSeeker
	io.Closer
}

// SaveTo stores uploads below root, each under a name that is not taken yet, readable for the owner only. A file
// appears under its name complete or not at all.
func SaveTo(root *os.Root) Uploads {
	return func(_ context.Context, r Request) (func([]byte) error, error) {
		name, err := servable(r.Path)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", fs.ErrPermission, err)
		}
		if _, err := root.Lstat(name); err == nil {
			return nil, fmt.Errorf("%q: %w", name, fs.ErrExist)
		}
		return func(body []byte) error { return saveFresh(root, name, body) }, nil
	}
}

func saveFresh(root *os.Root, name string, body []byte) error {
	dir := path.Dir(name)
	if err := root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp := path.Join(dir, ".upload-"+rand.Text())
	if err := root.WriteFile(tmp, body, 0o600); err != nil {
		root.Remove(tmp)
		return err
	}
	defer root.Remove(tmp)
	return root.Link(tmp, name) // fails when the name is taken
}

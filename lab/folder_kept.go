package lab

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"sync"
	"time"
)

// wholeFile is a file that was read at once.
type wholeFile struct {
	info fs.FileInfo // before it was read
	data []byte
	etag string
}

func (w *wholeFile) file() File {
	return File{Content: bytes.NewReader(w.data), ModTime: w.info.ModTime(), ETag: w.etag}
}

// cost is about what keeping the file takes in memory.
func (w *wholeFile) cost() int { return len(w.data) + 512 }

const (
	// keptEach and keptAll bound what is kept, of a file and of all. A profile with all parameters fits the first.
	keptEach = 64 << 10
	keptAll  = 16 << 20

	// settleTime is how long a file must have been left alone before it is kept: the clock of a file system stands
	// still for some milliseconds, and a second change within them would not show.
	settleTime = 2 * time.Second
)

// keptFiles are small files as they were read, by name. One look through os.Root tells whether the same file is still
// there, unchanged, which costs far less than opening and reading it. The zero value is ready.
type keptFiles struct {
	mu    sync.RWMutex
	files map[string]*wholeFile
	cost  int
}

// get is the file as it is now; nil: it must be read.
func (k *keptFiles) get(root *os.Root, name string) *wholeFile {
	k.mu.RLock()
	whole := k.files[name]
	k.mu.RUnlock()
	if whole == nil {
		return nil
	}
	if info, err := root.Stat(name); err != nil || !unchanged(whole.info, info) {
		return nil
	}
	return whole
}

// put keeps a file that was just read, in place of others when there is no room.
func (k *keptFiles) put(name string, whole *wholeFile, now time.Time) {
	if changed, ok := changeTime(whole.info); !ok || now.Sub(changed) < settleTime || len(whole.data) > keptEach {
		return
	}
	sum := sha256.Sum256(whole.data)
	whole.etag = hashETag(sum[:])
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]*wholeFile{}
	}
	k.drop(name)
	for other := range k.files {
		if k.cost+whole.cost() <= keptAll {
			break
		}
		k.drop(other)
	}
	k.files[name] = whole
	k.cost += whole.cost()
}

func (k *keptFiles) drop(name string) {
	if old := k.files[name]; old != nil {
		k.cost -= old.cost()
		delete(k.files, name)
	}
}

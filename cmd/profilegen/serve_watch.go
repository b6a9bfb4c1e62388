package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"profilegen/gen"
)

const (
	settleTime = 100 * time.Millisecond // a program that saves a file does so in steps
	lookTime   = 3 * time.Second        // for file systems that tell nothing
)

// watch reads what is served anew whenever its files change, until ctx ends.
func (s *serving) watch(ctx context.Context, p *program) {
	if s.generation.source.csv == "-" {
		return
	}
	changes := make(chan fsnotify.Event)
	if w, err := fsnotify.NewWatcher(); err == nil {
		defer w.Close()
		changes = w.Events
		for _, dir := range s.watchedFolders() {
			_ = w.Add(dir) // lookTime is left
		}
	}
	look := time.NewTicker(lookTime)
	defer look.Stop()
	settle := time.NewTimer(time.Hour)
	defer settle.Stop()
	before := stampOf(s.inputs())
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			settle.Reset(settleTime)
			continue
		case <-settle.C:
		case <-look.C:
		}
		if now := stampOf(s.inputs()); now != before {
			before = now
			s.reload(ctx, p)
		}
	}
}

// inputs are the files that decide what is served, those too that are not
// there yet.
func (s *serving) inputs() []string {
	if s.dir != "" {
		return []string{s.dir, filepath.Join(s.dir, gen.ManifestName)}
	}
	source, keys := &s.generation.source, s.generation.encoding.keyFile
	if source.file != "" {
		return []string{source.file, keys}
	}
	files := []string{source.csv, source.base, keys}
	for _, pair := range source.models {
		_, file, _ := strings.Cut(pair, "=")
		files = append(files, file)
	}
	beside, _ := filepath.Glob(filepath.Join(filepath.Dir(source.csv), "base*.xml"))
	return append(files, beside...)
}

// watchedFolders are the folders of the inputs: editors put a new file in the
// place of the old one, and that is a change of the folder.
func (s *serving) watchedFolders() []string {
	var list []string
	for _, file := range s.inputs() {
		if dir := filepath.Dir(file); file != "" && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
	}
	return list
}

// stampOf is a text that changes when one of the files does.
func stampOf(files []string) string {
	var b strings.Builder
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintln(&b, file, info.ModTime().UnixNano(), info.Size())
		}
	}
	return b.String()
}

// reload puts a new shelf in the place of the old one, unless something is
// wrong with it.
func (s *serving) reload(ctx context.Context, p *program) {
	old := s.ofFiles()
	next, err := s.load(ctx, p)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		text, which := err.Error(), ""
		if errors.Is(err, errProblems) {
			text, which = "it has errors", strings.TrimPrefix(text, errProblems.Error())
		}
		s.broken(fmt.Sprintf("%s was changed, but %s; what was served before still is (%s, read at %s)%s",
			old.source, text, plural(len(old.phones), "phone"), old.loaded.Format("15:04:05"), which))
		return
	}
	if !s.replace(next) {
		s.fixed(fmt.Sprintf("%s was changed and read again, but the builder's draft is still what is served", next.source))
		return
	}
	s.fixed(fmt.Sprintf("%s was changed and read again: %s, %s", next.source, plural(len(next.phones), "phone"), plural(len(next.names), "file")))
}

// broken and fixed tell how a reload went, now and in the admin's pages.
func (s *serving) broken(text string) {
	s.trouble.Store(&text)
	s.desk.tell(broken, "%s", text)
}

func (s *serving) fixed(text string) {
	s.trouble.Store(nil)
	s.desk.tell(loaded, "%s", text)
}

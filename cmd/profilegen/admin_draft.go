package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// maxDraft bounds a fleet file that a browser sends.
const maxDraft = 32 << 20

// draftName is what is served, in messages, when it came from the builder.
const draftName = "the builder's draft"

// wholeFleet is what is served as the file that the builder opens. It holds
// passwords, as the files do that are served.
func (a *admin) wholeFleet(w http.ResponseWriter, _ *http.Request) error {
	shelf := a.serving.site.current.Load()
	if shelf.whole == nil {
		return &statusError{http.StatusNotFound, shelf.source + " is a folder of finished files; there is no fleet to edit"}
	}
	file, err := shelf.whole()
	if err != nil {
		return &statusError{http.StatusConflict, err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	return file.Write(w)
}

// serveDraft serves a fleet of the builder in place of the files.
func (a *admin) serveDraft(w http.ResponseWriter, r *http.Request) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDraft))
	if err != nil {
		return &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the draft could not be read, or is larger than %d MB", maxDraft>>20)}
	}
	next, err := a.draftShelf(r.Context(), data)
	if err != nil {
		return &statusError{http.StatusUnprocessableEntity, err.Error()}
	}
	a.swap.Lock()
	if old := a.serving.site.current.Load(); !old.draft {
		a.files = old
	}
	files := a.files
	a.serving.site.current.Store(next)
	a.swap.Unlock()
	a.desk.tell(loaded, "%s is served in place of %s: %s, %s", draftName, files.source, plural(len(next.phones), "phone"), plural(len(next.names), "file"))
	return a.summary(w, r)
}

// dropDraft serves the files again.
func (a *admin) dropDraft(w http.ResponseWriter, r *http.Request) error {
	a.swap.Lock()
	files := a.files
	if files != nil {
		a.serving.site.current.Store(files)
		a.files = nil
	}
	a.swap.Unlock()
	if files != nil {
		a.desk.tell(loaded, "%s is served again, in place of %s", files.source, draftName)
	}
	return a.summary(w, r)
}

// replace puts what the files hold now in the place of what they held; false
// when that waits behind a draft. Requests under way still use the old shelf.
func (s *serving) replace(next *shelf) bool {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.files != nil {
		s.files = next
		return false
	}
	s.site.current.Store(next)
	return true
}

// ofFiles is what the named files held when they were read last.
func (s *serving) ofFiles() *shelf {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.files != nil {
		return s.files
	}
	return s.site.current.Load()
}

// draftShelf makes what is handed out of a fleet file.
func (a *admin) draftShelf(ctx context.Context, data []byte) (*shelf, error) {
	file, problems, err := schema.ReadFleet("draft", data)
	if err != nil {
		return nil, err
	}
	phones, more := gen.NewFleet(file)
	problems = append(problems, more...)
	if err := draftErrors(problems); err != nil {
		return nil, err
	}
	draft := &fleet{Fleet: phones, file: file, source: draftName}
	shelf, problems, err := a.shelve(ctx, &program{stderr: io.Discard}, draft)
	if errors.Is(err, gen.ErrProblems) {
		err = draftErrors(problems)
	}
	if err != nil {
		return nil, err
	}
	shelf.draft = true
	return shelf, nil
}

// draftErrors is an error of the first few errors in a draft, without their
// places: nobody has seen that file.
func draftErrors(problems schema.Problems) error {
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Origin = schema.Origin{}
	}
	text := firstErrors(problems)
	if text == "" {
		return nil
	}
	return errors.New("the draft has errors: " + text)
}

// firstErrors tells the first few errors among problems, with their places; ""
// when there is none.
func firstErrors(problems schema.Problems) string {
	const most = 3
	var texts []string
	left := 0
	for _, p := range problems {
		switch {
		case p.Severity < rule.Error:
		case len(texts) < most:
			text := p.Summary
			if p.Element != "" && !strings.Contains(text, p.Element) {
				text = p.Element + ": " + text
			}
			if place := p.Origin.String(); place != "" {
				text = place + ": " + text
			}
			texts = append(texts, text)
		default:
			left++
		}
	}
	text := strings.Join(texts, "; ")
	if left > 0 {
		text += fmt.Sprintf("; and %d more", left)
	}
	return text
}

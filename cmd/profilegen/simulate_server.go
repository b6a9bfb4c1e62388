package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"

	"profilegen/gen"
	"profilegen/resync"
)

// network says what servers and DHCP answer.
func (s *simulation) network(story *resync.Scenario, who *subject) error {
	if story.DHCP == nil {
		story.DHCP = map[int]string{}
	}
	for _, text := range s.dhcp {
		option, value, _ := strings.Cut(text, "=")
		code, err := strconv.ParseUint(option, 10, 8)
		if err != nil || value == "" {
			return &usageError{"simulate", fmt.Sprintf("-dhcp %q is not OPTION=VALUE; write -dhcp 66=%s", text, standardServer)}
		}
		story.DHCP[int(code)] = value
	}
	alone := s.scenario != "" && who.title == "" // the file says it all
	if len(story.DHCP) == 0 && !alone {
		story.DHCP[66] = standardServer
	}
	var err error
	switch {
	case s.files != "":
		story.Otherwise, err = folderServer(s.files)
	case s.server != "":
		story.Otherwise, err = who.server(s.server)
	case !alone:
		story.Otherwise = answer(who.reply())
	}
	return err
}

// reply is the profile as the fleet's servers send it.
func (who *subject) reply() resync.Reply {
	r := resync.Reply{Status: 200, Body: who.document.Bytes()}
	if who.encode != nil {
		r.Body, r.Encoding = who.encode(r.Body)
	}
	return r
}

func answer(r resync.Reply) func(resync.Request) resync.Reply {
	return func(resync.Request) resync.Reply { return r }
}

// server gives every request the answer that -server names.
func (who *subject) server(what string) (func(resync.Request) resync.Reply, error) {
	switch what {
	case "same":
		return answer(who.reply()), nil
	case "down":
		return answer(resync.Reply{Err: resync.ErrNoAnswer}), nil
	}
	status, err := strconv.Atoi(what)
	if err != nil || status < 100 || status > 599 {
		return nil, &usageError{"simulate", fmt.Sprintf("-server %q is not same, down or a status from 100 to 599", what)}
	}
	return func(r resync.Request) resync.Reply {
		switch {
		case status == 200:
			return who.reply()
		case strings.HasPrefix(r.URL, "tftp:") && status == 404:
			return resync.Reply{Err: resync.TFTPError(1)}
		case strings.HasPrefix(r.URL, "tftp:"):
			return resync.Reply{Err: resync.TFTPError(0)}
		}
		return resync.Reply{Status: status}
	}, nil
}

// folderServer serves the files of a folder under their paths.
func folderServer(name string) (func(resync.Request) resync.Reply, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("-files: %w", err)
	}
	files := root.FS()
	encodings, err := contentEncodings(files)
	if err != nil {
		return nil, fmt.Errorf("-files: %w", err)
	}
	return func(r resync.Request) resync.Reply {
		u, err := url.Parse(r.URL)
		if err != nil {
			return resync.Reply{Err: err}
		}
		name := strings.TrimPrefix(u.Path, "/")
		data, err := fs.ReadFile(files, name)
		switch {
		case err == nil && u.Scheme == "tftp":
			return resync.Reply{Status: 200, Body: data}
		case err == nil:
			return resync.Reply{Status: 200, Body: data, Encoding: encodings[name]}
		case u.Scheme == "tftp":
			return resync.Reply{Err: resync.TFTPError(1)}
		}
		return resync.Reply{Status: 404}
	}, nil
}

// contentEncodings are the headers Content-Encoding that go with files of a
// batch, by name.
func contentEncodings(files fs.FS) (map[string]string, error) {
	manifest, err := files.Open(gen.ManifestName)
	if err != nil {
		return nil, nil // no batch made the folder
	}
	defer manifest.Close()
	list := map[string]string{}
	return list, gen.ReadManifest(manifest, func(info gen.FileInfo) error {
		if info.Content != "" {
			list[info.Name] = info.Content
		}
		return nil
	})
}

// answers says in words what servers and DHCP answer.
func (s *simulation) answers(story *resync.Scenario, who *subject) string {
	text := ""
	switch {
	case story.Otherwise == nil:
		return ""
	case s.files != "":
		text = "every server serves the files of " + s.files
	case s.server == "" || s.server == "same":
		text = "every server answers every request with " + s.sent(who)
	case s.server == "down":
		text = "no server answers"
	default:
		text = "every server answers every request with status " + s.server
	}
	if name, ok := story.DHCP[66]; ok && len(story.DHCP) == 1 {
		text += "; DHCP option 66 names " + name
	}
	return text
}

// sent is what servers send, in words.
func (s *simulation) sent(who *subject) string {
	switch {
	case who.title != "":
		return "that profile"
	case len(s.set) > 0:
		return "the values of -set"
	}
	return "an empty profile"
}

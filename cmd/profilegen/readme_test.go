package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every command that the README and the guide show is run, and prints what
// they show. In a block marked "console" a line that begins with "$ " is a
// command, and what follows is what it prints; "…" on a line of its own stands
// for any number of lines. In a block marked "sh" each line is a command that
// has to succeed.
func TestPages(t *testing.T) {
	if _, err := exec.LookPath("profilegen"); err != nil { // testscript.Main puts this binary there
		t.Fatal(err)
	}
	for _, page := range []string{"README.md", "docs/guide.md"} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("../..", page))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
				t.Fatal(err)
			}
			shown := commandsOf(string(text))
			if len(shown) == 0 {
				t.Fatal("the page shows no command")
			}
			for _, c := range shown {
				checkCommand(t, c, dir)
			}
		})
	}
}

// shownCommand is a command on a page.
type shownCommand struct {
	line   string
	output []string // nil when the page shows none
}

func commandsOf(page string) []shownCommand {
	var list []shownCommand
	block := ""
	for line := range strings.SplitSeq(page, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			block = strings.TrimPrefix(line, "```")
		case block == "sh" && line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "make "):
			list = append(list, shownCommand{line: line})
		case block == "console" && strings.HasPrefix(line, "$ "):
			list = append(list, shownCommand{strings.TrimPrefix(line, "$ "), []string{}})
		case block == "console" && len(list) > 0:
			last := &list[len(list)-1]
			last.output = append(last.output, line)
		}
	}
	return list
}

func checkCommand(t *testing.T, c shownCommand, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", c.line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if c.output == nil {
		if err != nil {
			t.Errorf("$ %s\n%v\n%s", c.line, err, &out)
		}
		return
	}
	if !matches(strings.Split(strings.TrimRight(out.String(), "\n"), "\n"), trimBlank(c.output)) {
		t.Errorf("$ %s\ngot:\n%s\nthe page shows:\n%s", c.line, &out, strings.Join(c.output, "\n"))
	}
}

// trimBlank takes away blank lines at the end.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// matches tells whether got is what the page shows; "…" stands for any lines.
func matches(got, shown []string) bool {
	if len(shown) == 0 {
		return len(got) == 0 || len(got) == 1 && got[0] == ""
	}
	if strings.TrimSpace(shown[0]) == "…" {
		for i := range len(got) + 1 {
			if matches(got[i:], shown[1:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && strings.TrimRight(got[0], " ") == strings.TrimRight(shown[0], " ") && matches(got[1:], shown[1:])
}

//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// file is what a server should hand out under a name.
type file struct {
	name    string // without the leading "/"
	content []byte
}

// fleet is what is served: the CSV and base of some phones, and a folder with
// the files that were made of them.
type fleet struct {
	csv, dir string
	profiles []file
	large    file // a firmware file is much larger, a full profile about as large
}

func (f *fleet) size() int { return len(f.profiles[0].content) }

// makeFleet writes the fleet and has the program make its files.
func makeFleet(ctx context.Context, program, dir string, phones int) (*fleet, error) {
	f := &fleet{csv: filepath.Join(dir, "phones.csv"), dir: filepath.Join(dir, "dist")}
	var csv strings.Builder
	csv.WriteString("mac,model,Display_Name_1_,User_ID_1_,Password_1_\n")
	for i := range phones {
		fmt.Fprintf(&csv, "00562b%06x,8861,Desk %d & Sons,%d,s3cr3t-%x\n", i, i, 200000+i, i)
	}
	if err := os.WriteFile(f.csv, []byte(csv.String()), 0o644); err != nil {
		return nil, err
	}
	var base strings.Builder
	base.WriteString("<flat-profile>\n")
	for line := 1; line <= 10; line++ {
		fmt.Fprintf(&base, "<Proxy_%d_>sip%[1]d.example.com</Proxy_%[1]d_>\n"+
			"<Outbound_Proxy_%[1]d_>edge%[1]d.example.com:5061</Outbound_Proxy_%[1]d_>\n"+
			"<Dial_Plan_%[1]d_>([2-9]xxxxxx|1[2-9]xxxxxxxxxS0|*xx|xxxxxxxxxxxx.|00xxxxxxxxxxx.|9,:1xxxxxxxxxx|9,:xxxxxxx)</Dial_Plan_%[1]d_>\n"+
			"<Preferred_Codec_%[1]d_>G722</Preferred_Codec_%[1]d_>\n<Register_Expires_%[1]d_>3600</Register_Expires_%[1]d_>\n", line)
	}
	base.WriteString("</flat-profile>\n")
	if err := os.WriteFile(filepath.Join(dir, "base.xml"), []byte(base.String()), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-csv", f.csv, "-out", f.dir, "-name", profileName, "-quiet")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making the files: %w\n%s", err, out)
	}
	for i := range phones {
		name := fmt.Sprintf("00562b%06x.xml", i)
		content, err := os.ReadFile(filepath.Join(f.dir, name))
		if err == nil {
			err = os.Chmod(filepath.Join(f.dir, name), 0o644) // others hand out only what everybody may read
		}
		if err != nil {
			return nil, err
		}
		f.profiles = append(f.profiles, file{name, content})
	}
	f.large = file{"ring.raw", noise(60_000)}
	return f, os.WriteFile(filepath.Join(f.dir, f.large.name), f.large.content, 0o644)
}

// profileName is how the files are called, for all servers.
const profileName = "$MA.xml"

// noise is the same in each run.
func noise(n int) []byte {
	b := bytes.Repeat([]byte{0}, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

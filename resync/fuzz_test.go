package resync

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"profilegen/gen"
)

// Whatever a server sends: no panic; what is damaged changes nothing; what is a
// profile changes nothing when it comes again.
func FuzzProfile(f *testing.F) {
	for _, body := range []string{
		"", emptyProfile, "<flat-profile>", "<flat-profile><GPP_A>a &amp; b</GPP_A></flat-profile>",
		`<device><flat-profile><GPP_A ua="rw" preserve-value="y">1</GPP_A><Resync_Periodic/></flat-profile></device>`,
		`<flat-profile><Profile_Rule_B>(a = "1";)! http://10.0.0.1/a.xml</Profile_Rule_B></flat-profile>`,
		`<flat-profile><Resync_Periodic>0+5</Resync_Periodic><Resync_At__HHmm_>2400</Resync_At__HHmm_></flat-profile>`,
		string(gen.Gzip([]byte(emptyProfile))),
		string(gen.EncryptKey([]byte(emptyProfile), "k", [8]byte{}, gen.MD5)),
	} {
		f.Add([]byte(body), "", "k", "/a/b = /flat-profile/GPP_A ;")
		f.Add([]byte(body), "aes128gcm", "", "")
	}
	f.Fuzz(func(t *testing.T, body []byte, encoding, key, aliases string) {
		const url = "http://10.0.0.1/a.xml"
		rules := url
		if key != "" && !strings.ContainsAny(key, "\"$|[]") {
			rules = `[--key "` + key + `"] ` + url
		}
		if list, err := ParseAliases(aliases); err == nil {
			if _, err := list.Read(body); err != nil && len(body) == 0 {
				t.Log(err)
			}
		}
		damaged := false
		site := new(Site)
		site.Answer(url, Reply{Status: 200, Encoding: encoding, Body: body})
		p := &Phone{Fetch: site, Random: part(0), Log: func(e Event) {
			damaged = damaged || e.Kind == Damaged
			e.AppendLine(nil)
			e.AppendJSON(nil)
		}}
		start := time.Unix(0, 0)
		p.PowerOn(start)
		once := func(second int) {
			p.applied = nil // read it again in any case
			p.Resync(start.Add(seconds(second)), Trigger{Cause: WebURL, Rule: rules})
			p.Tick(context.Background(), start.Add(seconds(second)))
		}
		before := p.Changed()
		once(1)
		after := p.Changed()
		if damaged && !reflect.DeepEqual(before, after) {
			t.Fatalf("a damaged profile changed %v to %v", before, after)
		}
		once(2)
		if again := p.Changed(); !reflect.DeepEqual(after, again) {
			t.Fatalf("the same profile again changed %v to %v", after, again)
		}
		// The life that follows from it, bounded.
		for range 50 {
			at, ok := p.Next()
			if !ok {
				break
			}
			p.Tick(context.Background(), at)
		}
		p.Outlook(start, 48*time.Hour)
	})
}

// Whatever a scenario says: no panic, an error with its place or a story whose
// first steps can be played.
func FuzzScenario(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(examples, "*.scenario"))
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("start 2026-03-02 08:00 CET-1CEST,M3.5.0,M10.5.0/3\nfor 2d\nat +1d12h clock 2026-03-29 02:30\nset Resync_At__HHmm_ 0230\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, problems := ScenarioReader{}.Read("fuzz", strings.NewReader(text))
		if s == nil {
			if len(problems) == 0 || problems[0].Origin.Row < 1 || problems[0].Origin.Column < 1 {
				t.Fatalf("no scenario, and problems %v", problems)
			}
			return
		}
		p, _ := s.Phone()
		p.Outlook(s.Start, s.End.Sub(s.Start))
		if most := s.Start.Add(3 * time.Hour); s.End.After(most) {
			s.End = most
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		steps := 0
		if _, _, err := s.Play(ctx, func(Event) {
			if steps++; steps == 300 {
				cancel()
			}
		}); err != nil && steps < 300 {
			t.Fatal(err)
		}
	})
}

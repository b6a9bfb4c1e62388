package resync

import (
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := Zone(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestZone(t *testing.T) {
	for _, c := range []struct{ name, utc, local string }{
		{"Europe/Berlin", "2026-03-02T07:00:00Z", "2026-03-02T08:00:00+01:00"},
		{"Europe/Berlin", "2026-07-02T07:00:00Z", "2026-07-02T09:00:00+02:00"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"},
		{"America/New_York", "2026-03-08T07:00:00Z", "2026-03-08T03:00:00-04:00"},
		{"America/Sao_Paulo", "2026-03-08T07:00:00Z", "2026-03-08T04:00:00-03:00"},
		{"Asia/Kolkata", "2026-03-08T00:00:00Z", "2026-03-08T05:30:00+05:30"},
		{"+01:00", "2026-07-02T07:00:00Z", "2026-07-02T08:00:00+01:00"},
		{"-03:30", "2026-07-02T07:00:00Z", "2026-07-02T03:30:00-03:30"},
		{"UTC", "2026-07-02T07:00:00Z", "2026-07-02T07:00:00Z"},
		{"EST5EDT,M3.2.0,M11.1.0", "2026-07-02T07:00:00Z", "2026-07-02T03:00:00-04:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.In(zone(t, c.name)).Format(time.RFC3339); got != c.local {
			t.Errorf("%s in %s is %s, want %s", c.utc, c.name, got, c.local)
		}
	}
	for _, name := range []string{"Europe/Nowhere", "", "+25:00", "5,M3", ",", "CET"} {
		if z, err := Zone(name, nil); err == nil {
			t.Errorf("zone %q is %v, want an error", name, z)
		}
	}
}

// The days on which the clock changes (d.3, assumed).
func TestWindowOnChangeDays(t *testing.T) {
	for _, c := range []struct {
		what, zone, at string
		day            date
		want           string
	}{
		{"an ordinary day", "Europe/Berlin", "0230", date{2026, 3, 28}, "2026-03-28T02:30:00+01:00"},
		{"the skipped hour begins where the clock jumps", "Europe/Berlin", "0230", date{2026, 3, 29}, "2026-03-29T03:00:00+02:00"},
		{"before the jump", "Europe/Berlin", "0159", date{2026, 3, 29}, "2026-03-29T01:59:00+01:00"},
		{"after the jump", "Europe/Berlin", "0300", date{2026, 3, 29}, "2026-03-29T03:00:00+02:00"},
		{"of the double hour the first", "Europe/Berlin", "0230", date{2026, 10, 25}, "2026-10-25T02:30:00+02:00"},
		{"after the double hour", "Europe/Berlin", "0300", date{2026, 10, 25}, "2026-10-25T03:00:00+01:00"},
		{"midnight of the change day", "Europe/Berlin", "2400", date{2026, 10, 25}, "2026-10-25T00:00:00+02:00"},
		{"the evening before", "America/New_York", "2300", date{2026, 3, 7}, "2026-03-07T23:00:00-05:00"},
		{"a skipped hour in the west", "America/New_York", "0200", date{2026, 3, 8}, "2026-03-08T03:00:00-04:00"},
		{"a double hour in the west", "America/New_York", "0130", date{2026, 11, 1}, "2026-11-01T01:30:00-04:00"},
		{"a double hour in the south", "Australia/Sydney", "0215", date{2026, 4, 5}, "2026-04-05T02:15:00+11:00"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w, ok := ParseWindow(c.at, "600", &Quirks{})
			if !ok {
				t.Fatalf("%q is off", c.at)
			}
			if got := w.Begin(c.day.year, c.day.month, c.day.day, zone(t, c.zone)).Format(time.RFC3339); got != c.want {
				t.Errorf("window %s begins at %s, want %s", c.at, got, c.want)
			}
		})
	}
}

// A year with the set time has one moment in each day, change days included.
func TestSetTimeOncePerDay(t *testing.T) {
	for _, at := range []string{"0000", "0130", "0230", "0300", "2359"} {
		w, _ := ParseWindow(at, "1200", &Quirks{})
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, zone(t, "Europe/Berlin"))
		from := dateOf(now).add(-1)
		draw := Chance(1)
		var last time.Time
		for range 365 {
			var moment time.Time
			moment, from = w.next(now, from, draw)
			begin := w.Begin(from.add(-1).year, from.add(-1).month, from.add(-1).day, now.Location())
			if moment.Before(begin) || moment.After(begin.Add(seconds(w.Length))) {
				t.Fatalf("%s: %v is outside the window from %v", at, moment, begin)
			}
			if gap := moment.Sub(last); !last.IsZero() && (gap < 22*time.Hour || gap > 26*time.Hour) {
				t.Fatalf("%s: %v follows %v", at, moment, last)
			}
			last, now = moment, moment.Add(time.Second)
		}
	}
}

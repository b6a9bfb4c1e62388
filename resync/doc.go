// Package resync is the phone: the provisioning client of a 7800 or 8800, from
// power-on to the last retry, on virtual or on real time.
//
// # The phone
//
// A [Phone] is told the time and says when it wants to be told again. It asks
// for files through a [Fetcher], draws chance from a function, and tells each
// step as an [Event]; it has no clock, goroutine or lock of its own. Two
// drivers do the telling: [Simulate] jumps from one moment to the next, [Run]
// waits.
//
//	site := new(resync.Site) // a network without a network
//	site.Answer("http://10.0.0.5/a.xml", resync.Reply{Status: 200, Body: profile})
//	p := &resync.Phone{Identity: identity, Fetch: site, Log: func(e resync.Event) {
//		os.Stdout.Write(e.AppendLine(nil))
//	}}
//	p.Preset(schema.Value{Name: "Profile_Rule", Text: "http://10.0.0.5/a.xml"})
//	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
//	err := resync.Simulate(ctx, p, []resync.Input{{At: start, Do: (*resync.Phone).PowerOn}}, start.Add(24*time.Hour))
//
// A Tick goes like this: timers that are over make a resync due, and one resync
// waits at a time; [Gate] decides whether it runs, is dropped or is held; the
// attempt takes Profile_Rule to Profile_Rule_D in order, each read when its turn
// comes; success or failure sets the clocks. Marks such as (d.3) name the rules
// of docs/behaviour.md. Where the documents are silent, [Quirks] lets a user
// depart from this project's reading.
//
// A held resync is asked again every second. The engine does not wake up for
// that: between two inputs only the counters PRVTMR, UPGTMR, REGTMR1 and REGTMR2
// change, so it computes the second at which the answer may turn.
//
// # Scenarios
//
// A [Scenario] is a story in a text file that tests, the command line and the
// builder play. One thing stands on a line; # begins a comment, on a line of its
// own or behind two blanks.
//
//	about    A sentence about it.
//	start    2026-03-02 07:59 Europe/Berlin      the zone may be missing: UTC
//	end      2026-03-03 12:00                    or: for 48h
//	phone    model=CP-8861-3PCC mac=000e08012345 also serial, ip, extip, software, hardware, firmware=12
//	seed     1                                   or: random 0.5, the same part of every random time
//	quirk    boot-unit=1s
//	profile  base.xml                            what the phone holds at first
//	set      Resync_Periodic 600                 the same for one parameter
//	dhcp     66 10.0.0.5
//	restarts Proxy_1_ Proxy_2_                   whose change restarts the phone
//
// The phone is powered on at the start. What servers answer, from the start or
// behind at TIME:
//
//	file        http://10.0.0.5/$MA.xml <flat-profile>…</flat-profile>
//	file        http://10.0.0.5/$MA.xml from other.xml
//	file        http://10.0.0.5/$MA.xml <<END    and lines up to one that says END
//	status      http://10.0.0.5/x.xml 503 503 200
//	redirect    http://10.0.0.5/x.xml http://10.0.0.6/x.xml
//	login       http://10.0.0.5/x.xml user password
//	slow        http://10.0.0.5/x.xml 20s
//	server-down 10.0.0.5                         no host: all of them; server-up ends it
//
// What happens to the phone:
//
//	at TIME power-cut | power-off | power-on | user-reboot | factory-reset
//	at TIME call-begin | call-end
//	at TIME upgraded sip88xx.12-0-1MPP-1
//	at TIME set GPP_A go
//	at TIME notify resync
//	at TIME web /admin/resync?http://10.0.0.5/b.xml
//	at TIME keypad http://10.0.0.5/b.xml         or xml; no rule: the saved ones
//	at TIME clock 2026-03-02 18:00               the phone's clock is set
//	at TIME unregistered 1                       or registered, line 1 or 2
//	from TIME to TIME call | server-down | power-off | status URL 404 | unregistered 1
//
// TIME is 18:00 or 18:00:30, the first after the start; 2026-03-03 02:00; or
// +90s after the start. What is expected:
//
//	expect TIME get URL
//	expect TIME ok | fail | restart Provisioning
//	expect TIME held Resync_Trigger_1            any event by its name, with URL, parameter or cause
//	expect nothing from TIME to TIME             no get, ok, fail, restart
//	expect value GPP_A go                        at the end
//
// With one of get, ok, fail or restart expected, all of them have to be named,
// in order.
//
// # Looking ahead, and fleets
//
// [Phone.Outlook] tells from the settings alone when a phone resyncs, how its
// retries climb, and what keeps it from either. [Load] plans for many phones:
// requests a second after a power cut or in usual life, with the advice that
// follows.
package resync

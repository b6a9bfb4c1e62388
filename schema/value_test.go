package schema

import (
	"strings"
	"testing"

	"profilegen/rule"
)

func mustLookup(t *testing.T, name string) Entry {
	t.Helper()
	e, ok := Default().Lookup(name)
	if !ok {
		t.Fatalf("no element %s", name)
	}
	return e
}

func TestGoodValues(t *testing.T) {
	for name, values := range map[string][]string{
		"Resync_On_Reset":           {"Yes", "No", "", `""`},
		"SIP_Transport_1_":          {"UDP", "TCP", "TLS", "AUTO"},
		"Resync_Random_Delay":       {"0", "2", "65535", "0x10"},
		"Forced_Resync_Delay":       {"0", "14400"},
		"SIP_T1":                    {".5", "0.5", "64", "4."},
		"RTP_Packet_Size":           {"0.02", "0.030"},
		"User_ID_1_":                {"1001", "alice", strings.Repeat("x", 63)},
		"Admin_Password":            {"Ab1!", `a&b<c>"d'$MA|]`},
		"Resync_At__HHmm_":          {"0000", "1800", "2359", "2400"},
		"Working_Hours_Start":       {"07:00", "24:00", "00:00"},
		"Web_Server_Port":           {"80", "0", "65535"},
		"Static_IP":                 {"192.0.2.10", "0.0.0.0"},
		"IPv6_Static_IP":            {"2001:db8::10"},
		"NetMask":                   {"255.255.255.0", "255.255.254.0", "0.0.0.0", "255.255.255.255"},
		"EXT_IP":                    {"0.0.0.0", "203.0.113.7"},
		"Proxy_1_":                  {"sip.example.com", "sip.example.com:5060", "192.0.2.1", "192.0.2.1:5061", "[2001:db8::1]:5060", "2001:db8::1", "pbx", "my_pbx.local.", "3com.example"},
		"XSI_Host_Server_1_":        {"xsi.example.com", "https://xsi.example.com", "https://xsi.example.com:8443/"},
		"LDAP_Server":               {"ldap.example.com", "ldaps://ldap.example.com:636"},
		"Picture_Download_URL":      {"http://192.0.2.1/a.png", "tftp://192.0.2.1/a.png", "https://$A/logo.png"},
		"Conference_Bridge_URL_1_":  {"conf@example.com:5060", "8000"},
		"SIP_URI_1_":                {"sip:1001@example.com"},
		"BLF_List_URI":              {"list@example.com"},
		"Control_Server_URL":        {"wss://control.example.com/ws"},
		"DHCP_Option_To_Use":        {"66", "160,159,66,150", "66, 160"},
		"DHCPv6_Option_To_Use":      {"17,160,159"},
		"Try_Backup_RSC":            {"5??", "408,5??", "4??,503"},
		"Emergency_Number_1_":       {"112", "112,911,+441999"},
		"Referral_Services_Codes":   {"*98", "*98|*97|*67"},
		"Restricted_Access_Domains": {"example.com, sip.example.com"},
		"Firewall_Config":           {"NO_ICMP_PING,UDP:5060,TCP:8000:8010"},
		"Work_Days":                 {"Monday|Friday"},
		"Customizable_PLK_Options":  {"sd;blf;cp;"},
		"HTTP_User_Agent_Name":      {"$VERSION ($MA)"},
		"GPP_A":                     {"", "$MA", "$STRANGE | \" anything"},
		"Dial_Plan_1_": {
			"(*xx|[3469]11|0|00|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)", "L:10,S:4,(9,xx.)", "(<:1408>[2-9]xxxxxx)",
			`(<8,:1408>xxxxxxx!|"text"x.)`, "(P9<:1234>)", "(xx.)",
		},
		"Dial_Tone":                 {"350@-19,440@-19;10(*/0/1+2)", "350@-19,440@-19;2(.1/.1/1+2);10(*/0/1+2)", "397@-19.5,507@-19;15(0/2/0,.2/.1/1,.1/2.1/2)"},
		"Cadence_1":                 {"60(2/4)", "60(.3/.2,1/.2,.3/4)", "30(.3/.2);30(1/1)"},
		"Ring1":                     {"n=Chime;w=file://Chime.raw;c=1", "n=Mine;w=http://192.0.2.1/ring.raw;c=2"},
		"Group_1_Paging_Script":     {"pggrp=224.168.168.168:34560;name=All;num=800;listen=yes;pri=1;codec=g711u"},
		"LDAP_Display_Attrs":        {"a=cn,n=Name;a=telephoneNumber,n=Phone,t=p"},
		"Daylight_Saving_Time_Rule": {"start=3/-1/7/2;end=10/-1/7/2;save=1", "start=4/1/0/02:00:00;end=10/-1/7;save=-01:30:00"},
		"Dictionary_Server_Script":  {"serv=http://192.0.2.1/;d1=German;x1=de.xml"},
		"Idle_Key_List":             {"em_login;recents|1;dnd;", "psk1|1"},
		"Extended_Function_2_":      {"fnc=blf+sd+cp;sub=1001@$PROXY;nme=Reception", "fnc=sd;ext=9@pbx;nme=A"},
		"PSK_1":                     {"fnc=sd;ext=100@$PROXY;vid=1;nme=Desk"},
		"Idle_LED":                  {"c=o", "c=r;p=b", "p=n;c=a"},
		"Call_Return_Code":          {"*69", "#64", "*017110"},
		"SIP_TOS_DiffServ_Value_1_": {"0x68", "0xB8", "104"},
		"Set_G729_annexb_1_":        {"none", "follow silence supp setting"},
	} {
		e := mustLookup(t, name)
		for _, v := range values {
			if p := e.Check(v); p != nil {
				t.Errorf("%s = %q: %s (%s)", name, v, p.Summary, p.ID)
			}
		}
	}
}

func TestBadValues(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		severity    rule.Severity
		id, summary string // summary: a part of it
		fix         string // "-" for none
	}{
		{"Resync_On_Reset", "yes", rule.Warning, "value-case", `"yes" is written "Yes"`, "Yes"},
		{"Resync_On_Reset", "true", rule.Error, "not-allowed", `"true" is not a value`, "Yes"},
		{"Resync_On_Reset", "0", rule.Error, "not-allowed", "", "No"},
		{"Resync_On_Reset", "maybe", rule.Error, "not-allowed", "", "-"},
		{"SIP_Transport_1_", "Auto", rule.Note, "other-spelling", "", "AUTO"},
		{"SIP_Transport_1_", "tls", rule.Warning, "value-case", "", "TLS"},
		{"SIP_Transport_1_", "SCTP", rule.Error, "not-allowed", "", "-"},
		{"Set_G729_annexb_1_", "Yes", rule.Note, "other-spelling", "", "yes"},
		{"Profile_Authentication_Type", "Basic HTTP Authentication", rule.Warning, "value-case", "", "Basic Http Authentication"},
		{"Time_Zone", "GMT+1:00", rule.Error, "not-allowed", "", "-"}, // GMT+01:00 or GMT+11:00
		{"Time_Zone", "GMT+0100", rule.Error, "not-allowed", "", "GMT+01:00"},
		{"Locale", "xx-XX", rule.Error, "not-allowed", "", "-"},
		{"Resync_Random_Delay", "70000", rule.Error, "out-of-range", "above the largest value, 65535", "-"},
		{"Resync_Random_Delay", "-1", rule.Error, "out-of-range", "below the smallest value, 0", "-"},
		{"Resync_Random_Delay", "two", rule.Error, "not-a-number", "", "-"},
		{"Resync_At_Random_Delay", "60", rule.Warning, "doubtful-range", "less than 600 acts as 600", "-"},
		{"Periodic_Upload_To_Server", "500000", rule.Warning, "doubtful-range", "older ones 2592000", "-"},
		{"Periodic_Upload_To_Server", "9999999", rule.Error, "out-of-range", "", "-"},
		{"Register_Expires_1_", "20", rule.Warning, "doubtful-range", "", "-"},
		{"Forced_Resync_Delay", "4h", rule.Error, "not-a-number", "", "14400"},
		{"Forced_Resync_Delay", "14,400", rule.Error, "not-a-number", "", "14400"},
		{"Forced_Resync_Delay", "14400.0", rule.Error, "not-a-number", "", "14400"},
		{"Silent_Ring_Duration", "-5", rule.Error, "out-of-range", "below 0", "-"},
		{"SIP_T1", "0,5", rule.Error, "not-a-number", "", "0.5"},
		{"SIP_T1", "65", rule.Error, "out-of-range", "above", "-"},
		{"RTP_Packet_Size", "20", rule.Error, "out-of-range", "", "-"},
		{"User_ID_1_", strings.Repeat("x", 64), rule.Error, "too-long", "64 characters, 1 too many", "-"},
		{"Admin_Password", "abc", rule.Error, "too-short", "3 characters, fewer than 4", "-"},
		{"Resync_At__HHmm_", "18:00", rule.Error, "not-a-time", "ignores it", "1800"},
		{"Resync_At__HHmm_", "900", rule.Error, "not-a-time", "", "0900"},
		{"Resync_At__HHmm_", "Yes", rule.Error, "not-a-time", "", ""},
		{"Resync_At__HHmm_", "2460", rule.Error, "not-a-time", "", "-"},
		{"Working_Hours_Start", "7:00", rule.Error, "not-a-time", "", "07:00"},
		{"Web_Server_Port", "65536", rule.Error, "out-of-range", "", "-"},
		{"Static_IP", "192.0.2.300", rule.Error, "not-an-address", "", "-"},
		{"Static_IP", "2001:db8::1", rule.Error, "other-ip-version", "", "-"},
		{"IPv6_Static_IP", "192.0.2.1", rule.Error, "other-ip-version", "", "-"},
		{"NetMask", "255.0.255.0", rule.Error, "not-a-mask", "", "-"},
		{"Proxy_1_", "http://sip.example.com/x", rule.Error, "scheme-in-host", "", "sip.example.com"},
		{"Proxy_1_", "sip:pbx.example.com", rule.Error, "not-a-host", "", "pbx.example.com"},
		{"Proxy_1_", "sip.example.com:99999", rule.Error, "bad-port", `"99999"`, "-"},
		{"Proxy_1_", "sip example", rule.Error, "not-a-host", "", "-"},
		{"Proxy_1_", "$A", rule.Error, "not-a-host", "", "-"},
		{"Proxy_1_", "a..example.com", rule.Error, "not-a-host", "", "-"},
		{"Proxy_1_", "-a.example.com", rule.Error, "not-a-host", "", "-"},
		{"Proxy_1_", "192.0.2.256", rule.Error, "not-a-host", "", "-"},
		{"Syslog_Server", "192.0.2.1,192.0.2.2", rule.Error, "not-a-host", "", "-"},
		{"XSI_Host_Server_1_", "ftp://xsi.example.com", rule.Error, "scheme-in-host", "", "xsi.example.com"},
		{"Picture_Download_URL", "http:/192.0.2.1/a.png", rule.Error, "bad-scheme", "", "http://192.0.2.1/a.png"},
		{"Picture_Download_URL", "htp://192.0.2.1/a.png", rule.Warning, "unknown-scheme", "", "http://192.0.2.1/a.png"},
		{"Picture_Download_URL", "http://192.0.2.1/my logo.png", rule.Error, "blank-in-url", "", "http://192.0.2.1/my%20logo.png"},
		{"Picture_Download_URL", "http:///a.png", rule.Error, "not-a-host", "", "-"},
		{"Picture_Download_URL", "http://192.0.2.1:x/a.png", rule.Error, "bad-port", "", "-"},
		{"Picture_Download_URL", "http://192.0.2.1/" + strings.Repeat("a", 255), rule.Error, "too-long", "", "-"},
		{"DHCP_Option_To_Use", "66,66", rule.Warning, "duplicate-item", "66 stands twice", "-"},
		{"DHCP_Option_To_Use", "66,,160", rule.Warning, "empty-item", "", "-"},
		{"DHCP_Option_To_Use", "66,67", rule.Warning, "unknown-dhcp-option", "option 67", "-"},
		{"DHCP_Option_To_Use", "66;160", rule.Error, "bad-item", "", "-"},
		{"DHCP_Option_To_Use", "300", rule.Error, "bad-item", "", "-"},
		{"Try_Backup_RSC", "50x", rule.Error, "bad-item", "", "-"},
		{"Emergency_Number_1_", "police", rule.Error, "bad-item", "", "-"},
		{"Work_Days", "Monday,Tuesday", rule.Error, "bad-item", "", "-"},
		{"Firewall_Config", "PING", rule.Error, "bad-item", "", "-"},
		{"Dial_Plan_1_", "xx.|911", rule.Error, "bad-script", "brackets", "(xx.|911)"},
		{"Dial_Plan_1_", "(xx.||911)", rule.Warning, "bad-script", "empty", "-"},
		{"Dial_Plan_1_", "([2-9xx)", rule.Error, "bad-script", "not closed", "-"},
		{"Dial_Plan_1_", "(xx])", rule.Error, "bad-script", "no partner", "-"},
		{"Dial_Tone", "350@-19", rule.Error, "bad-script", "no duration", "-"},
		{"Dial_Tone", "350;10(*/0/1)", rule.Error, "bad-script", "frequency", "-"},
		{"Dial_Tone", "350@-19;10(*/0/2)", rule.Error, "bad-script", `"2" is not one of the tone's 1 frequencies`, "-"},
		{"Dial_Tone", "350@-19;10(*/0/1", rule.Error, "bad-script", "", "-"},
		{"Dial_Tone", "350@-19;10(" + strings.Repeat(".1/.1/1,", 20) + ".1/.1/1)", rule.Error, "too-long", "", "-"},
		{"Cadence_1", "60(2)", rule.Error, "bad-script", "on/off", "-"},
		{"Cadence_1", "2/4", rule.Error, "bad-script", "", "-"},
		{"Ring1", "n=A;w=B;c=12", rule.Error, "bad-script", "cadence", "-"},
		{"Ring1", "n=A;x=B", rule.Warning, "bad-script", `"x"`, "-"},
		{"Group_1_Paging_Script", "pggrp=192.0.2.1:1;name=A", rule.Error, "bad-script", "multicast", "-"},
		{"Group_1_Paging_Script", "pggrp=224.1.1.1:34560;listen=maybe", rule.Error, "bad-script", "listen", "-"},
		{"LDAP_Display_Attrs", "cn", rule.Error, "bad-script", "key=value", "-"},
		{"Daylight_Saving_Time_Rule", "start=13/-1/7/2;end=10/-1/7/2;save=1", rule.Error, "bad-script", "date", "-"},
		{"Daylight_Saving_Time_Rule", "start=3/-1/7/2;end=10/-1/7/2", rule.Error, "bad-script", "no save", "-"},
		{"Idle_Key_List", "hold|x;", rule.Error, "bad-script", "position", "-"},
		{"Idle_Key_List", "hold;;endcall", rule.Error, "bad-script", "empty", "-"},
		{"Extended_Function_2_", "sub=1001", rule.Warning, "bad-script", "fnc=", "-"},
		{"Extended_Function_2_", "blf", rule.Error, "bad-script", "key=value", "-"},
		{"Idle_LED", "c=b", rule.Error, "bad-script", "colour", "-"},
		{"Idle_LED", "p=b", rule.Error, "bad-script", "no colour", "-"},
		{"Call_Return_Code", "69a", rule.Error, "not-a-code", "", "-"},
		{"Call_Return_Code", "*0171101", rule.Error, "too-long", "", "-"},
		{"SIP_TOS_DiffServ_Value_1_", "0x168", rule.Error, "not-a-byte", "", "-"},
		{"SIP_TOS_DiffServ_Value_1_", "b8", rule.Error, "not-a-byte", "", "0xb8"},
		{"GPP_A", " x", rule.Error, "outer-blanks", "", "x"},
		{"GPP_A", "a\r\nb", rule.Error, "line-end", "", "a b"},
		{"GPP_A", "a\x07b", rule.Error, "control-character", "U+0007", "ab"},
		{"GPP_A", "a\xffb", rule.Error, "not-utf8", "", "-"},
		{"GPP_A", "Zoë", rule.Warning, "non-ascii", "U+00EB", "-"},
		{"GPP_A", "“x”", rule.Warning, "non-ascii", "typographic", `"x"`},
	} {
		e := mustLookup(t, tt.name)
		p := e.Check(tt.value)
		if p == nil {
			t.Errorf("%s = %.40q passes, want %s", tt.name, tt.value, tt.id)
			continue
		}
		if p.ID != tt.id || p.Severity != tt.severity || !strings.Contains(p.Summary, tt.summary) {
			t.Errorf("%s = %.40q: %s %s: %s; want %s %s with %q", tt.name, tt.value, severityName(p.Severity), p.ID, p.Summary, severityName(tt.severity), tt.id, tt.summary)
		}
		if p.Hint == "" || p.Source == "" || p.Element != tt.name {
			t.Errorf("%s = %.40q: hint %q, source %q, element %q", tt.name, tt.value, p.Hint, p.Source, p.Element)
		}
		if p.Offset < 0 || p.Offset+p.Length > len(tt.value) {
			t.Errorf("%s = %.40q: the place %d+%d is outside", tt.name, tt.value, p.Offset, p.Length)
		}
		fix := "-"
		if p.Fix != nil {
			fix = p.Fix.Set[0].Text
			if after := e.Check(fix); after != nil && after.ID == p.ID {
				t.Errorf("%s: the corrected text %q has the same fault", tt.name, fix)
			}
		}
		if fix != tt.fix {
			t.Errorf("%s = %.40q: corrected to %q, want %q", tt.name, tt.value, fix, tt.fix)
		}
	}
}

func TestMeaning(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"Resync_Random_Delay", "2", "0 to 40 s after power-on"},
		{"Resync_Random_Delay", "3", "0 to 60 s after power-on"},
		{"Resync_Random_Delay", "666", "0 s to 3 h 42 min after power-on"},
		{"Resync_Random_Delay", "0", "at once after power-on"},
		{"Resync_Random_Delay", "x", ""},
		{"Resync_Periodic", "7200+600", "every 2 h, plus up to 10 min"},
		{"Resync_Periodic", "3600", "every 1 h"},
		{"Resync_Periodic", "0", "never by the clock"},
		{"Resync_Periodic", "600,1200,300", "after 10 min, then 20 min, then 5 min again and again"},
		{"Resync_Error_Retry_Delay", "0", "never tried again"},
		{"Resync_Error_Retry_Delay", "3600", "after 1 h, again and again"},
		{"Resync_Error_Retry_Delay", "60,3600,0", "after 1 min, then 1 h, then no more"},
		{"Resync_Error_Retry_Delay", "soon", ""},
		{"Resync_At__HHmm_", "1800", "daily between 18:00 and 18:10"},
		{"Resync_At__HHmm_", "2355", "daily between 23:55 and 00:05"},
		{"Resync_At__HHmm_", "", "no daily time; Resync_Periodic counts"},
		{"Resync_At__HHmm_", "Yes", ""},
		{"Resync_At_Random_Delay", "666", "11 min 6 s, in whole minutes 11 min"},
		{"Resync_At_Random_Delay", "60", "1 min acts as 10 min"},
		{"Resync_At_Random_Delay", "600", "10 min"},
		{"Forced_Resync_Delay", "14401", "a resync waits for a call to end, but no longer than 4 h 1 s"},
		{"Forced_Resync_Delay", "0", "a resync does not wait for a call to end"},
		{"Provision_Enable", "No", "no profile is fetched, not even on request"},
		{"Register_Expires_1_", "666", "11 min 6 s"},
		{"Register_Expires_1_", "86400", "1 d"},
		{"SIP_T1", ".5", ".5 s"},
		{"PRT_Max_Timer", "90", "1 h 30 min"},
		{"Key_Double_Press_Time", "600", "600 ms"},
		{"SIP_TOS_DiffServ_Value_1_", "0x68", "DSCP 26"},
		{"Resync_Trigger_1", "", "no condition: every due resync happens"},
		{"Log_Request_Msg", "", "nothing is sent"},
		{"GPP_A", "x", ""},
	} {
		if got := Meaning(mustLookup(t, tt.name), tt.value); got != tt.want {
			t.Errorf("%s = %q means %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for e := range Default().Entries() {
		if text, _ := e.DefaultValue(Firmware11); text != "" && e.N <= 1 {
			f.Add(e.Name, text)
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		e, ok := Default().Lookup(name)
		if !ok {
			Default().Suggest(name)
			return
		}
		if p := e.Check(text); p != nil {
			if p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > len(text) {
				t.Errorf("%s = %q: the place %d+%d is outside", name, text, p.Offset, p.Length)
			}
		}
		Meaning(e, text)
	})
}

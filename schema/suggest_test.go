package schema

import (
	"slices"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		// Case and punctuation.
		{"resync_periodic", "Resync_Periodic"},
		{"ResyncPeriodic", "Resync_Periodic"},
		{"Resync-Periodic", "Resync_Periodic"},
		{"PROXY_1_", "Proxy_1_"},
		{"Proxy_1", "Proxy_1_"},
		{"Proxy[2]", "Proxy_2_"},
		{"proxy 16", "Proxy_16_"},
		{"Proxy_01_", "Proxy_1_"},
		{"Proxy_17_", "Proxy_16_"},
		{"PSK_1_", "PSK_1"},
		{"G722.2_Enable_1", "G722.2_Enable_1_"},
		{"enable_8021x_authentication", "Enable_802.1X_Authentication"},
		{"unit_2_key_12", "Unit_2_Key_12_"},
		// Labels.
		{"Resync At (HHmm)", "Resync_At__HHmm_"},
		{"Resync_At_(HHmm)", "Resync_At__HHmm_"},
		{"Resync_At_HHmm", "Resync_At__HHmm_"},
		{"Speed Dial 3 Name", "Speed_Dial_3_Name"},
		{"Set Local Date (mm/dd/yyyy)", "Set_Local_Date__mm_dd_yyyy_"},
		{"Transition Authorization Rule", "Trans_Auth_Rule"},
		{"Electronic Hookswitch Control", "Ehook_Enable"},
		{"Idle Timeout (mins)", "Display_Off_Idle_Timeout__mins_"},
		// Other spellings of guides and products.
		{"Report_to_Server", "Report_To_Server"},
		{"periodic_upload_to_server", "Periodic_Upload_To_Server"},
		{"Cfwd_No_Answer_Dest", "Cfwd_No_Ans_Dest"},
		{"Cfwd_No_Answer_Delay", "Cfwd_No_Ans_Delay"},
		{"LDAP_User_Name", "LDAP_Username"},
		{"Text_Display", "Text_Logo"},
		{"Accessability", "Accessibility"},
		{"Viedo_Encryption_Method_1_", "Video_Encryption_Method_1_"},
		{"Callinfo_subscribe_1", "CallInfo_Subscribe_1_"},
		{"ice_stun_enable", "ICE_STUN_Enable"},
		{"FIPS_MODE", "FIPS_Mode"},
		{"Resync_DHCP_Option_To_Use", "DHCP_Option_To_Use"},
		{"Resync DHCP Option To Use", "DHCP_Option_To_Use"},
		{"Log_Resync_Request_Msg", "Log_Request_Msg"},
		{"Log_Resync_Failure_Msg", "Log_Failure_Msg"},
		// Slips of the hand.
		{"Resync_Perodic", "Resync_Periodic"},
		{"Resycn_Periodic", "Resync_Periodic"},
		{"Porxy_3_", "Proxy_3_"},
		{"Profle_Rule", "Profile_Rule"},
		{"Admin_Pasword", "Admin_Password"},
		{"Display_Nam_2_", "Display_Name_2_"},
		{"Resync_Error_Retry_Dely", "Resync_Error_Retry_Delay"},
		// Only words in common.
		{"Resync_At", "Resync_At__HHmm_"},
		{"NTP_Server", "Primary_NTP_Server"},
	} {
		got := Default().Suggest(tt.name)
		if len(got) == 0 || got[0] != tt.want {
			t.Errorf("Suggest(%q) = %q, want %s first", tt.name, got, tt.want)
		}
		if len(got) > 5 {
			t.Errorf("Suggest(%q) gives %d names, want 5 at most", tt.name, len(got))
		}
	}
	for _, name := range []string{"", "zzz", "Xyzzy_Plugh_42_", strings.Repeat("Resync", 1000)} {
		if got := Default().Suggest(name); len(got) > 0 {
			t.Errorf("Suggest(%.20q) = %q, want none", name, got)
		}
	}
}

// Dropping, doubling or swapping a letter of any element leads back to it.
func TestSuggestMendsEverySlip(t *testing.T) {
	missed := 0
	for _, p := range Default().Parameters() {
		e := p.At(p.n.from, p.u.from)
		i := len(e.Name) / 2
		for _, slip := range []string{
			e.Name[:i] + e.Name[i+1:],
			e.Name[:i] + e.Name[i:i+1] + e.Name[i:],
			e.Name[:i-1] + e.Name[i:i+1] + e.Name[i-1:i] + e.Name[i+1:],
		} {
			if len(e.Name) < 6 || slip == e.Name || isSpellingOf(slip) {
				continue
			}
			if !slices.Contains(Default().Suggest(slip), e.Name) {
				missed++
				t.Logf("Suggest(%q) = %q, without %s", slip, Default().Suggest(slip), e.Name)
			}
		}
	}
	if missed > 0 {
		t.Errorf("%d slips lead elsewhere", missed)
	}
}

// isSpellingOf tells whether a name is another element, but for dots and case.
func isSpellingOf(name string) bool {
	return slices.ContainsFunc(Default().Parameters(), func(p *Parameter) bool { return fold(p.Element) == fold(name) })
}

func TestByLabel(t *testing.T) {
	for _, tt := range []struct{ label, want string }{
		{"Resync At (HHmm)", "Resync_At__HHmm_"},
		{"  resync at (hhmm) ", "Resync_At__HHmm_"},
		{"Proxy", "Proxy_1_"},
		{"Proxy 2", "Proxy_2_"},
		{"Speed Dial 4 Number", "Speed_Dial_4_Number"},
		{"Connection Type", "Connection_Type IPv6_Connection_Type"},
		{"No Such Label", ""},
		{"", ""},
	} {
		var names []string
		for _, e := range Default().ByLabel(tt.label) {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("ByLabel(%q) = %q, want %q", tt.label, got, tt.want)
		}
	}
}

// Each label leads back to the record that has it.
func TestEveryLabelIsFound(t *testing.T) {
	for _, p := range Default().Parameters() {
		found := slices.ContainsFunc(Default().ByLabel(p.Label), func(e Entry) bool { return e.Parameter == p })
		if !found {
			t.Errorf("ByLabel(%q) does not give %s", p.Label, p.Element)
		}
	}
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct{ text, first string }{
		{"resync", "Resync_On_Reset"},
		{"random delay", "Resync_Random_Delay"},
		{"profile rule", "Profile_Rule"},
		{"PROXY", "Proxy_{n}_"},
		{"message lamp", "Restrict_MWI_{n}_"},
		{"syslog server", "Syslog_Server"},
	} {
		got := Default().Search(tt.text)
		if len(got) == 0 || got[0].Element != tt.first {
			var names []string
			for _, p := range got[:min(len(got), 3)] {
				names = append(names, p.Element)
			}
			t.Errorf("Search(%q) = %q, want %s first", tt.text, names, tt.first)
		}
	}
	if got := Default().Search(" "); got != nil {
		t.Errorf("Search of nothing finds %d records", len(got))
	}
}

func BenchmarkSuggest(b *testing.B) {
	for b.Loop() {
		Default().Suggest("Resycn_Perodic")
	}
}

func BenchmarkSearch(b *testing.B) {
	for b.Loop() {
		Default().Search("resync delay")
	}
}

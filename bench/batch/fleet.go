package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// column is a column of the fleet's CSV: an element, and the text of its cells
// with %[1]d for a number that differs from row to row, %[2]d for one of few.
type column struct{ element, cell string }

// columns are those of a phone with two lines: what an office would fill in.
var columns = []column{
	{"Station_Display_Name", "Desk %[1]d & Sons"},
	{"Voice_Mail_Number", "*97"},
	{"Time_Zone", "GMT+01:00"},
	{"Display_Name_1_", "Anna Example %[1]d"},
	{"User_ID_1_", "%[1]d"},
	{"Password_1_", "s3cr3t-%[1]x!"},
	{"Auth_ID_1_", "auth%[1]d"},
	{"Proxy_1_", "sip%[2]d.example.com"},
	{"Outbound_Proxy_1_", "edge%[2]d.example.com:5061"},
	{"Dial_Plan_1_", "([2-9]xxxxxx|1[2-9]xxxxxxxxxS0|*xx|xxxxxxxxxxxx.)"},
	{"Short_Name_1_", "%[1]d"},
	{"Extension_1_", "1"},
	{"Display_Name_2_", "Team <%[2]d>"},
	{"User_ID_2_", "8%[1]d"},
	{"Password_2_", "0ther-%[1]x?"},
	{"Auth_ID_2_", "auth8%[1]d"},
	{"Proxy_2_", "sip%[2]d.example.com"},
	{"Outbound_Proxy_2_", "edge%[2]d.example.com:5061"},
	{"Dial_Plan_2_", "([2-9]xxxxxx|1[2-9]xxxxxxxxxS0|*xx|xxxxxxxxxxxx.)"},
	{"Short_Name_2_", "8%[1]d"},
	{"Syslog_Server", "192.0.2.1%[2]d"},
	{"Primary_NTP_Server", "ntp%[2]d.example.com"},
	{"GPP_A", "site-%[2]d"},
}

// base is the profile that all phones share.
const base = `<flat-profile>
<Resync_Periodic>7200</Resync_Periodic>
<Resync_Error_Retry_Delay>600</Resync_Error_Retry_Delay>
<Time_Format>24hr</Time_Format>
<Date_Format>day/month</Date_Format>
<Preferred_Codec_1_>G722</Preferred_Codec_1_>
<Preferred_Codec_2_>G722</Preferred_Codec_2_>
<Register_Expires_1_>3600</Register_Expires_1_>
<Register_Expires_2_>3600</Register_Expires_2_>
<Secondary_NTP_Server>ntp.example.com</Secondary_NTP_Server>
<Back_Light_Timer>5m</Back_Light_Timer>
<Interdigit_Long_Timer>10</Interdigit_Long_Timer>
<Interdigit_Short_Timer>3</Interdigit_Short_Timer>
<SIP_User_Agent_Name>example</SIP_User_Agent_Name>
</flat-profile>
`

// address is that of the i-th phone: spread as if they had been bought at
// different times.
func address(i int) string { return fmt.Sprintf("00562b%06x", uint64(i)*2654435761&0xffffff) }

// writeFleet writes phones.csv, base.xml, and a Jinja2 template that makes the
// same profiles.
func writeFleet(dir string, n int) error {
	file, err := os.Create(dir + "/phones.csv")
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<16)
	w.WriteString("mac,model")
	format := "%[3]s,8861"
	for _, c := range columns {
		w.WriteString("," + c.element)
		format += "," + c.cell
	}
	for i := range n {
		fmt.Fprintf(w, "\n"+format, 200000+i, i%9, address(i))
	}
	w.WriteString("\n")
	if err := w.Flush(); err != nil {
		return err
	}
	template := strings.TrimSuffix(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+base, "</flat-profile>\n")
	for _, c := range columns {
		template += fmt.Sprintf("<%s>{{ %[1]s }}</%[1]s>\n", c.element)
	}
	template += "</flat-profile>\n"
	if err := os.WriteFile(dir+"/phone.j2", []byte(template), 0o644); err != nil {
		return err
	}
	return os.WriteFile(dir+"/base.xml", []byte(base), 0o644)
}

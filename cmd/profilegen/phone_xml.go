package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"profilegen/resync"
)

// executePath is where a phone takes XML objects (g.3).
const executePath = "/CGI/Execute"

// longestObject bounds an XML object.
const longestObject = 64 << 10

// xmlObject is an XML object that has the phone do something.
type xmlObject struct {
	XMLName xml.Name `xml:"CiscoIPPhoneExecute"`
	Items   []struct {
		URL string `xml:"URL,attr"`
	} `xml:"ExecuteItem"`
}

// readObject reads what was posted: the object as the form field XML, or as it is.
func readObject(body io.Reader, contentType string) (o xmlObject, err error) {
	text, err := io.ReadAll(io.LimitReader(body, longestObject))
	if err != nil {
		return o, err
	}
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(text))
		if err != nil {
			return o, err
		}
		text = []byte(form.Get("XML"))
	}
	err = xml.Unmarshal(text, &o)
	return o, err
}

// execute does what an object asks for and tells how many items were nothing to a virtual phone. assumed: "Resync:"
// counts in any case, as URL schemes do; no document says.
func (h *handset) execute(p *resync.Phone, now time.Time, o xmlObject, from string) (unknown int) {
	for _, item := range o.Items {
		scheme, text, _ := strings.Cut(item.URL, ":")
		if !strings.EqualFold(scheme, "Resync") {
			unknown++
			continue
		}
		p.Resync(now, resync.Trigger{Cause: resync.XMLCommand, Rule: text, Host: from})
	}
	return unknown
}

// executeAnswer is what the phone says to an object that was posted, and does for it.
func (w *webPages) executeAnswer(p *resync.Phone, now time.Time, r *http.Request, o xmlObject, broken error) page {
	switch {
	case p.Value("Enable_Web_Server") == "No":
		return textPage(http.StatusForbidden, "Enable_Web_Server is No")
	case p.Value("CISCO_XML_EXE_Enable") != "Yes":
		return textPage(http.StatusForbidden, "CISCO_XML_EXE_Enable is not Yes")
	}
	if refusal, ok := executeLogin(p, r); !ok {
		return refusal
	}
	if broken != nil {
		return textPage(http.StatusBadRequest, "this is no CiscoIPPhoneExecute: "+broken.Error())
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	if n := w.execute(p, now, o, from); n > 0 {
		return textPage(http.StatusNotImplemented, fmt.Sprintf("a virtual phone takes Resync: only; %s left out", plural(n, "item")))
	}
	return textPage(http.StatusOK, "done")
}

// executeLogin asks for what CISCO_XML_EXE_Auth_Mode says. assumed: Local Credential is the administrator's log-in, Remote
// Credential that of the first account; the documents give the names only (g.3).
func executeLogin(p *resync.Phone, r *http.Request) (refusal page, ok bool) {
	user, password := "admin", p.Value("Admin_Password")
	switch p.Value("CISCO_XML_EXE_Auth_Mode") {
	case "Trusted":
		return page{}, true
	case "Remote Credential":
		user, password = firstOf(p.Value(ofLine("Auth_ID", 1)), p.Value(ofLine("User_ID", 1))), p.Value(ofLine("Password", 1))
	}
	name, given, _ := r.BasicAuth()
	if password != "" && sameText(name, user)&sameText(given, password) == 1 {
		return page{}, true
	}
	return textPage(http.StatusUnauthorized, "log in as CISCO_XML_EXE_Auth_Mode says"), false
}

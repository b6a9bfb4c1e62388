package app

import (
	"slices"
	"strconv"

	"profilegen/schema"
)

// page is a screen of the builder.
type page string

const (
	pageProfile  page = "profile"
	pageFirmware page = "firmware"
	pageUpload   page = "upload"
	pageGeneral  page = "general"
	pageTrust    page = "trust"
	pageMore     page = "more"
	pagePhones   page = "phones"
	pageSimulate page = "simulate"
	pageLab      page = "lab"
	pageKeep     page = "keep"
)

// pages lists the screens in the order of the rail.
var pages = []struct {
	page  page
	title string
}{
	{pageProfile, "Configuration Profile"},
	{pageFirmware, "Firmware Upgrade"},
	{pageUpload, "Upload Configuration"},
	{pageGeneral, "General Purpose"},
	{pageTrust, "CA, HTTP and reports"},
	{pageMore, "All settings"},
	{pagePhones, "Phones"},
	{pageSimulate, "Simulate"},
	{pageLab, "Lab"},
	{pageKeep, "Keep and share"},
}

func (p page) title() string {
	for i := range pages {
		if pages[i].page == p {
			return pages[i].title
		}
	}
	return ""
}

// section is a card of fields.
type section struct {
	title string
	names []string
}

// groups cut the Configuration Profile into cards where these parameters
// stand, in the order of the phone's page.
var groups = map[string]string{
	"Provision_Enable":            "Provisioning",
	"Resync_Random_Delay":         "Resync timing",
	"Resync_From_SIP":             "Other reasons for a resync",
	"Resync_Trigger_1":            "Triggers and missing files",
	"Profile_Authentication_Type": "Profile rules",
	"DHCP_Option_To_Use":          "Profile server by DHCP",
	"Log_Request_Msg":             "Log messages",
	"User_Configurable_Resync":    "On the phone",
}

// pageSections are the sections of the phone's Provisioning page that a screen
// shows.
var pageSections = map[page][]string{
	pageProfile:  {startSection},
	pageFirmware: {"Firmware Upgrade", "Cisco Headset Firmware Upgrade"},
	pageUpload:   {"Upload Configuration Options"},
	pageGeneral:  {"General Purpose Parameters", "(hidden)"},
	pageTrust:    {"CA Settings", "HTTP Settings", "Problem Report Tool", "MIC Cert Settings", "(XML only)"},
}

const provisioningTab = "Provisioning"

// sections are the cards of a screen.
func sections(c *schema.Catalog, p page) []section {
	var list []section
	for _, title := range pageSections[p] {
		open := ""
		for _, par := range c.Parameters() {
			if par.Tab != provisioningTab || par.Section != title {
				continue
			}
			e := par.At(0, 0)
			head := sectionTitle(title)
			if group, ok := groups[e.Name]; ok && p == pageProfile {
				head = group
			} else if p == pageProfile {
				head = open
			}
			if head != open || len(list) == 0 {
				list = append(list, section{title: head})
				open = head
			}
			last := &list[len(list)-1]
			last.names = append(last.names, e.Name)
		}
	}
	return list
}

func sectionTitle(section string) string {
	switch section {
	case "(hidden)":
		return "Secret macros"
	case "(XML only)":
		return "Only in files"
	}
	return section
}

// pageOf is the screen that shows a parameter.
func pageOf(e schema.Entry) page {
	if e.Tab == provisioningTab {
		for p, sections := range pageSections {
			if slices.Contains(sections, e.Section) {
				return p
			}
		}
	}
	return pageMore
}

// chapter is a section of any page of the phone.
type chapter struct {
	tab, section string
	from, to     int // the index numbers of its families; 0 when it has none
	units        int // key modules; 0 when it has none
}

func (c chapter) key() string { return c.tab + "/" + c.section }

// chapters lists the sections of the whole catalog that no other screen shows.
func chapters(c *schema.Catalog) []chapter {
	var list []chapter
	at := make(map[string]int)
	for _, p := range c.Parameters() {
		if pageOf(schema.Entry{Parameter: p}) != pageMore {
			continue
		}
		ch := chapter{tab: p.Tab, section: p.Section}
		i, ok := at[ch.key()]
		if !ok {
			i = len(list)
			at[ch.key()] = i
			list = append(list, ch)
		}
		from, to := p.Indices()
		_, units := p.Units()
		if list[i].from == 0 {
			list[i].from = from
		}
		list[i].to = max(list[i].to, to)
		list[i].units = max(list[i].units, units)
	}
	return list
}

// chapterNames are the elements of a chapter at an index.
func chapterNames(c *schema.Catalog, ch chapter, n, u int) []string {
	var names []string
	for _, p := range c.Parameters() {
		if p.Tab != ch.tab || p.Section != ch.section {
			continue
		}
		from, to := p.Indices()
		_, units := p.Units()
		switch {
		case to == 0:
			names = append(names, p.At(0, 0).Name)
		case n >= from && n <= to && units > 0:
			names = append(names, p.At(n, u).Name)
		case n >= from && n <= to:
			names = append(names, p.At(n, 0).Name)
		}
	}
	return names
}

// number is what the index of a chapter counts.
func (c chapter) number(n int) string {
	switch {
	case c.tab == "Ext n" || c.tab == "User":
		return "Ext " + strconv.Itoa(n)
	case c.units > 0 || c.section == "Line Key (n)":
		return "Key " + strconv.Itoa(n)
	default:
		return "No. " + strconv.Itoa(n)
	}
}

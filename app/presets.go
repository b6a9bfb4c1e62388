package app

import (
	"profilegen/gen"
	"profilegen/schema"
)

// preset is a starting point: values that are put into a new document and can
// be edited from there.
type preset struct {
	name string
	text string // what it is for
	set  []schema.Value
	// delivery and file names go with the rules: what they ask for is there.
	delivery schema.Delivery
	files    string
}

// articleServer is the address the Cisco article uses for the server and, in
// places, for the phone.
const articleServer = "10.74.121.56"

var presets = []preset{
	{
		name: "Article example",
		text: "The values of Cisco's article “Configure New Profile on the IP Phone 7800 or 8800 Series”, with what is wrong with them.",
		set: []schema.Value{
			{Name: "Provision_Enable", Text: "Yes"},
			{Name: "Resync_On_Reset", Text: "Yes"},
			{Name: "Resync_Random_Delay", Text: "3"},
			{Name: "Resync_At__HHmm_", Text: "1000"},
			{Name: "Resync_At_Random_Delay", Text: "500"},
			{Name: "Resync_Periodic", Text: "3600"},
			{Name: "Resync_Error_Retry_Delay", Text: "0"},
			{Name: "Forced_Resync_Delay", Text: "14400"},
			{Name: "Resync_From_SIP", Text: "Yes"},
			{Name: "Resync_After_Upgrade_Attempt", Text: "Yes"},
			{Name: "Resync_Trigger_1", Text: "http://" + articleServer + "/admin/resync?tftp://" + articleServer + ":69/8861conf.cfg"},
			{Name: "Resync_Fails_On_FNF", Text: "Yes"},
			{Name: "Profile_Rule", Text: "http://" + articleServer + "/dms/CP-8861-3PCC/8861-3PCC.xml"},
			{Name: "Profile_Rule_B", Text: "http://" + articleServer + "/dms/CP-8861-3PCC/8861-3PCC.xml"},
			{Name: "Log_Request_Msg", Text: "$PN $MAC -- Requesting resync $SCHEME:://$SERVIP:$PORT$PATH"},
			{Name: "Log_Success_Msg", Text: "$PN $MAC -- Successful resync $SCHEME:://$SERVIP:$PORT$PATH"},
			{Name: "Log_Failure_Msg", Text: "$PN $MAC -- Resync failed: $ERR"},
		},
	},
	{
		name: "TFTP + DHCP 66",
		text: "The phones take the server from DHCP option 66 and fetch a file of their own over TFTP.",
		set: []schema.Value{
			{Name: "Profile_Rule", Text: "/$MA/$PSN.xml"},
			{Name: "DHCP_Option_To_Use", Text: "66,160,159,150"},
			{Name: "Resync_Periodic", Text: "7200"},
			{Name: "Resync_Error_Retry_Delay", Text: "600,1200,3600"},
		},
		delivery: schema.Delivery{Scheme: "tftp"},
		files:    gen.DefaultName,
	},
	{
		name: "HTTPS per MAC",
		text: "Each phone fetches its own file over HTTPS, named by its MAC address.",
		set: []schema.Value{
			{Name: "Profile_Rule", Text: "https://prov.example.com/$MA.xml"},
			{Name: "Resync_Periodic", Text: "14400"},
			{Name: "Resync_Error_Retry_Delay", Text: "300,600,1200,3600"},
		},
		delivery: schema.Delivery{Scheme: "https", Server: "prov.example.com"},
		files:    "$MA.xml",
	},
	{
		name: "Nightly window",
		text: "One resync a night, spread over two hours from 02:00.",
		set: []schema.Value{
			{Name: "Resync_At__HHmm_", Text: "0200"},
			{Name: "Resync_At_Random_Delay", Text: "7200"},
			{Name: "Resync_Random_Delay", Text: "15"},
			{Name: "Resync_Periodic", Text: "0"},
			{Name: "Resync_Error_Retry_Delay", Text: "600,1800,3600"},
		},
	},
	{
		name: "Lab: resync fast",
		text: "For a test bench: a resync every minute, quick retries, at once after power-on. Not for a fleet.",
		set: []schema.Value{
			{Name: "Resync_Random_Delay", Text: "0"},
			{Name: "Resync_Periodic", Text: "60"},
			{Name: "Resync_Error_Retry_Delay", Text: "10"},
			{Name: "Forced_Resync_Delay", Text: "60"},
			{Name: "Profile_Rule", Text: "http://192.0.2.10/$MA.xml"},
		},
		delivery: schema.Delivery{Scheme: "http", Server: "192.0.2.10"},
		files:    "$MA.xml",
	},
}

// Use opens a new document with the values of a preset; the phones stay, and
// the file names where no rule asks for others.
func (e *Editor) Use(p *preset) {
	e.change("", "start from “"+p.name+"”", func(d *document) {
		fresh := start(e.catalog, d.generation)
		for _, v := range p.set {
			if was, ok := fresh.base.Get(v.Name); ok {
				v.UA = was.UA
			}
			fresh.base.Set(v)
		}
		d.base, d.models, d.imported, d.delivery, d.encoding = fresh.base, nil, nil, p.delivery, schema.Encoding{}
		if p.files != "" {
			d.name = p.files
		}
	})
	e.Show(Layer{})
}

// Fresh tells whether nothing was done yet.
func (e *Editor) Fresh() bool {
	return len(e.past) == 0 && len(e.doc.devices) == 0 && e.doc.imported == nil && e.Changed() == 0
}

func (b *Builder) usePreset(i int) {
	b.editor.Use(&presets[i])
	b.open(pageProfile)
	b.sayUndo("Started from “" + presets[i].name + "”")
}

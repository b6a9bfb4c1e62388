package gen

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// Profile is what a phone gets: its own values over its model's over the
// base's, in the order of its file. Each value keeps its origin.
func (f *Fleet) Profile(d *Device) *schema.Profile {
	p := f.lower(f.product(d))
	for _, v := range d.Values {
		below, _ := p.Get(v.Name)
		p.Set(overlay(v, below))
	}
	return p
}

// versionsOf are the versions of a phone whose row names none. A rule that
// compares $SWVER would else fail for want of a number. Assumed: a version of
// the generation's first year.
func versionsOf(product string, g schema.Generation) rule.Identity {
	sample := rule.Sample(product)
	load, _, _ := strings.Cut(sample.Software, ".")
	version := map[schema.Generation]string{
		schema.Firmware104: "10-4-1MPP-100", schema.Firmware11: "11-0-1MPP-376", schema.Firmware12: "12-0-1MPP0001-100",
	}[g]
	return rule.Identity{Product: product, Software: load + "." + version, Hardware: sample.Hardware}
}

// Phone is a phone of the fleet as macros see it once it has its profile.
func (f *Fleet) Phone(d *Device) *rule.Phone {
	profile := f.Profile(d)
	phone := &rule.Phone{Identity: d.Identity}
	phone.Product = f.product(d)
	for i := range phone.GPP {
		phone.GPP[i] = profile.Text("GPP_" + string(rune('A'+i)))
	}
	for i := range phone.Secrets {
		phone.Secrets[i] = profile.Text("GPP_S" + string(rune('A'+i)))
	}
	for n := 1; ; n++ {
		v, ok := profile.Get("User_ID_" + strconv.Itoa(n) + "_")
		if !ok {
			return phone
		}
		phone.UserIDs = append(phone.UserIDs, v.Text)
	}
}

// Each reads the list of phones and calls each with one after the other. The
// device is reused: what is kept has to be copied. Phones that cannot be read
// are left out; their problems are returned.
func (f *Fleet) Each(each func(*Device)) (schema.Problems, error) {
	reader, problems, err := f.Devices()
	if err != nil {
		return problems, err
	}
	defer reader.Close()
	var d Device
	for {
		more, ok, err := reader.Next(&d)
		problems = append(problems, more...)
		switch {
		case errors.Is(err, io.EOF):
			return problems, nil
		case err != nil:
			return problems, err
		case ok:
			each(&d)
		}
	}
}

// File is the fleet as a fleet file, with the problems of its list of phones.
func (f *Fleet) File() (*schema.FleetFile, schema.Problems, error) {
	file := &schema.FleetFile{Version: schema.FleetVersion, Base: f.Base}
	if file.Base == nil {
		file.Base = &schema.Profile{}
	}
	for _, m := range schema.Models() {
		if p := f.Models[m.Product]; p != nil {
			file.Models = append(file.Models, schema.ModelProfile{Model: m.Name(), Profile: p})
		}
	}
	problems, err := f.Each(func(d *Device) {
		values := &schema.Profile{}
		for _, v := range d.Values {
			values.Set(v)
		}
		file.Devices = append(file.Devices, schema.FleetDevice{
			MAC: d.MAC.String(), Model: strings.TrimSuffix(strings.TrimPrefix(f.product(d), "CP-"), "-3PCC"),
			Serial: d.Serial, IP: d.IP, Firmware: d.Software, Hardware: d.Hardware,
			Encrypt: d.Encrypt.Text, Digest: d.Digest.Text, Values: values, Origin: d.Origin,
		})
	})
	return file, problems, err
}

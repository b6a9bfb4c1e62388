package gen

import (
	"strconv"

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

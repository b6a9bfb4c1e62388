package app

import (
	"slices"

	"profilegen/gen"
	"profilegen/schema"
)

// CSV is a list of phones in a file that ReadTable and the command line read.
func CSV(list []*schema.FleetDevice) []byte {
	devices := make([]*gen.Device, 0, len(list))
	for _, dev := range list {
		fleet, _ := gen.NewFleet(&schema.FleetFile{Devices: []schema.FleetDevice{*dev}})
		devices = append(devices, readDevice(fleet))
	}
	columns := gen.CSVColumns(slices.Values(devices))
	data := gen.AppendCSVHeader(nil, columns)
	for _, d := range devices {
		data = gen.AppendCSVDevice(data, columns, d)
	}
	return data
}

package app

import (
	"io"
	"slices"

	"profilegen/gen"
	"profilegen/schema"
)

// WriteCSV writes a list of phones that ReadTable and the command line read.
// told hears after each phone how many there were; it may be nil.
func WriteCSV(out io.Writer, list []*schema.FleetDevice, told func(phones int)) error {
	if told == nil {
		told = func(int) {}
	}
	devices := make([]*gen.Device, len(list))
	for i, dev := range list {
		fleet, _ := gen.NewFleet(&schema.FleetFile{Devices: []schema.FleetDevice{*dev}})
		devices[i] = readDevice(fleet)
		told(i)
	}
	columns := gen.CSVColumns(slices.Values(devices))
	line := gen.AppendCSVHeader(nil, columns)
	for i, d := range devices {
		line = gen.AppendCSVDevice(line, columns, d)
		if _, err := out.Write(line); err != nil {
			return err
		}
		line = line[:0]
		told(i)
	}
	_, err := out.Write(line) // the header, when there is no phone
	return err
}

package schema

import "strings"

// Model is a phone of the two series.
type Model struct {
	Product  string // $PN: "CP-8861-3PCC"
	Series   string // "7800" or "8800"
	Lines    int    // extensions, at most
	OldLines int    // the same before firmware 11.3(2)
	Keys     int    // line keys with lamps
	Modules  int    // key expansion modules, at most
	Video    bool
	WiFi     bool
}

// Name is the number people use: "8861".
func (m *Model) Name() string {
	return strings.TrimSuffix(strings.TrimPrefix(m.Product, "CP-"), "-3PCC")
}

// models are the phones with their limits (docs/parameters-sources.md, 6).
var models = []Model{
	{Product: "CP-7811-3PCC", Series: "7800", Lines: 1, OldLines: 1},
	{Product: "CP-7821-3PCC", Series: "7800", Lines: 2, OldLines: 2, Keys: 2},
	{Product: "CP-7832-3PCC", Series: "7800", Lines: 1, OldLines: 1},
	{Product: "CP-7841-3PCC", Series: "7800", Lines: 4, OldLines: 4, Keys: 4},
	{Product: "CP-7861-3PCC", Series: "7800", Lines: 16, OldLines: 16, Keys: 16},
	{Product: "CP-8811-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10},
	{Product: "CP-8832-3PCC", Series: "8800", Lines: 1, OldLines: 1},
	{Product: "CP-8841-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10},
	{Product: "CP-8845-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10, Video: true},
	{Product: "CP-8851-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10, Modules: 2},
	{Product: "CP-8861-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10, Modules: 3, WiFi: true},
	{Product: "CP-8865-3PCC", Series: "8800", Lines: 16, OldLines: 10, Keys: 10, Modules: 3, Video: true, WiFi: true},
}

// Models lists the phones of the two series.
func Models() []Model { return models }

// FindModel finds a model by what people write: "8861", "8861-3PCC",
// "CP-8861-3PCC", "cp8861".
func FindModel(text string) (*Model, bool) {
	number := strings.ToUpper(strings.TrimSpace(text))
	number = strings.TrimPrefix(strings.TrimPrefix(number, "CP"), "-")
	number = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(number, "-3PCC"), "3PCC"), "-K9")
	if len(number) != len("8861") {
		return nil, false
	}
	for i := range models {
		if models[i].Product[len("CP-"):len("CP-")+len(number)] == number {
			return &models[i], true
		}
	}
	return nil, false
}

// modelNames lists the models for a hint.
func modelNames() string {
	names := make([]string, len(models))
	for i := range models {
		names[i] = models[i].Name()
	}
	return strings.Join(names, ", ")
}

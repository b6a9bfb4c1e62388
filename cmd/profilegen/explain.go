package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

var explainCommand = &command{
	name:    "explain",
	summary: "says what a phone makes of a rule, a condition, a delay list or a parameter",
	usage: `explain [-model MODEL] [-mac MAC] [-set NAME=VALUE] [-as KIND] TEXT
explain PARAMETER[=VALUE]
explain -csv phones.csv -phone MAC [PARAMETER[=VALUE]]`,
	about: `TEXT is read as the phone reads it: macros are replaced, then the rule, the
condition or the delays are parsed, and every step is printed with what it
became. Without -as the kind is guessed from the text.

PARAMETER is an element name of the profile or the label on the phone's web
page; what it does, its range, unit and default are printed, and with =VALUE
what that value means.

With -csv (or -fleet) the phone is one of the fleet. A PARAMETER then comes with
the value that phone gets, and the layer and place it comes from: the factory
default, the base profile, the model's profile or the phone's own row.

Secrets are shown as ***.`,
	example: `profilegen explain '($PRVST eq 0)? http://192.0.2.10/$MA.xml | /$PSN.xml'
profilegen explain -as trigger '$UPGTMR gt 300 and $PRVTMR ge 600'
profilegen explain Resync_Random_Delay=90
profilegen explain -csv examples/phones.csv -phone 000E08A00001 Profile_Rule`,
	define: defineExplain,
}

// places are the kinds -as takes.
var places = map[string]rule.Place{
	"rule":    rule.PlaceProfileRule,
	"upgrade": rule.PlaceUpgradeRule,
	"report":  rule.PlaceReportRule,
	"trigger": rule.PlaceTrigger,
	"message": rule.PlaceMessage,
	"delays":  rule.PlaceDelays,
	"text":    rule.PlaceText,
}

func defineExplain(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	as := flags.String("as", "", "`KIND` of the text: rule, upgrade, report, trigger, message, delays or text")
	mac := flags.String("mac", "", "`MAC` address of the phone to try it with")
	phoneMAC := flags.String("phone", "", "`MAC` of the phone of the fleet")
	var set settings
	flags.Var(&set, "set", "`NAME=VALUE`: a macro's value (PRVST=2) or a parameter's (GPP_A=x); may be repeated")
	var source fleetFlags
	source.define(flags)
	return func(_ context.Context, p *program, args []string) error {
		if len(args) > 1 {
			return &usageError{"explain", fmt.Sprintf("one text at a time; put %q between quotes", strings.Join(args, " "))}
		}
		text := strings.Join(args, "")
		if *phoneMAC != "" {
			return explainInFleet(p, &source, *phoneMAC, text, *as, set)
		}
		if text == "" {
			return &usageError{"explain", "there is nothing to explain"}
		}
		phone, err := samplePhone(source.model, *mac)
		if err != nil {
			return err
		}
		if err := set.apply(phone); err != nil {
			return err
		}
		return explainText(p, text, *as, phone, source.generation.Generation)
	}
}

// samplePhone is a phone of that model to try texts with.
func samplePhone(model, mac string) (*rule.Phone, error) {
	m, ok := schema.FindModel(firstOf(model, "8861"))
	if !ok {
		return nil, fmt.Errorf("-model %q is not a model of these phones; %s", model, modelNames())
	}
	phone := rule.Sample(m.Product)
	if mac == "" {
		return phone, nil
	}
	address, err := rule.ParseMAC(mac)
	if err != nil {
		return nil, fmt.Errorf("-mac: %w", err)
	}
	phone.MAC = address
	return phone, nil
}

// settings are the values of -set.
type settings []struct{ name, value string }

func (s *settings) String() string { return "" }

func (s *settings) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("NAME=VALUE")
	}
	*s = append(*s, struct{ name, value string }{strings.TrimPrefix(name, "$"), value})
	return nil
}

// apply puts the values into the phone: GPP_A and A are the same.
func (s settings) apply(phone *rule.Phone) error {
	for _, set := range s {
		name := strings.TrimPrefix(set.name, "GPP_")
		switch {
		case len(name) == 1 && 'A' <= name[0] && name[0] <= 'P':
			phone.GPP[name[0]-'A'] = set.value
		case len(name) == 2 && name[0] == 'S' && 'A' <= name[1] && name[1] <= 'D':
			phone.Secrets[name[1]-'A'] = set.value
		default:
			if _, known := phone.Macro(name); !known {
				return fmt.Errorf("-set %s: the phone has no macro of that name%s", set.name, suggestion(rule.SuggestMacro(name)))
			}
			if phone.State == nil {
				phone.State = map[string]string{}
			}
			phone.State[name] = set.value
		}
	}
	return nil
}

func suggestion(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", strings.Join(names, " or "))
}

// explainText explains a parameter, a parameter's value, or a text by itself.
func explainText(p *program, text, as string, phone *rule.Phone, g schema.Generation) error {
	place, err := placeOf(as, text)
	if err != nil {
		return err
	}
	if as == "" {
		name, value, hasValue := strings.Cut(text, "=")
		if e, ok := findParameter(name); ok {
			describe(p, e, g)
			if hasValue {
				fmt.Fprintln(p.stdout)
				return explainValue(p, e, value, phone)
			}
			return nil
		}
		if !strings.ContainsAny(text, " \t$/=,") && len(text) > 3 && place == rule.PlaceText {
			if names := schema.Default().Suggest(text); len(names) > 0 {
				return fmt.Errorf("there is no parameter %q%s", text, suggestion(names[:min(3, len(names))]))
			}
		}
	}
	explained := rule.Explain(place, text, phone)
	io.WriteString(p.stdout, explained.Show())
	return findings(p, rule.Check(place, text, phone), explained.Err != nil)
}

func placeOf(as, text string) (rule.Place, error) {
	if as == "" {
		return rule.PlaceOf(text), nil
	}
	place, ok := places[as]
	if !ok {
		return 0, &usageError{"explain", fmt.Sprintf("-as %q is not rule, upgrade, report, trigger, message, delays or text", as)}
	}
	return place, nil
}

// findings prints what is wrong with a text beside its syntax error, which the
// explanation has shown.
func findings(p *program, found []rule.Finding, unreadable bool) error {
	worst := rule.Note
	for _, f := range found {
		worst = max(worst, f.Severity)
		if unreadable && f.Severity == rule.Error {
			continue
		}
		p.problem(p.stdout, schema.Problem{ID: f.ID, Severity: f.Severity, Summary: f.Summary, Hint: f.Hint, Source: f.Source})
	}
	if unreadable || worst == rule.Error {
		return errProblems
	}
	return nil
}

// findParameter finds a parameter by its element name or its label.
func findParameter(name string) (schema.Entry, bool) {
	if e, ok := schema.Default().Lookup(name); ok {
		return e, true
	}
	if list := schema.Default().ByLabel(name); len(list) > 0 {
		return list[0], true
	}
	return schema.Entry{}, false
}

// describe prints what the catalog knows of a parameter.
func describe(p *program, e schema.Entry, g schema.Generation) {
	fmt.Fprintf(p.stdout, "%s: %s\n\n", e.Name, e.Summary)
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(p.stdout, "  %-9s %s\n", name, text)
		}
	}
	line("label", fmt.Sprintf("%s, on %s > %s", e.Label, e.Tab, e.Section))
	line("kind", strings.TrimSpace(string(e.Kind)+"  "+e.Bounds()))
	line("values", strings.Join(e.Values, ", "))
	if value, known := e.DefaultValue(g); known {
		line("default", fmt.Sprintf("%s (%s)", quoteEmpty(value), e.DefaultSource(g)))
	} else {
		line("default", "not known")
	}
	line("models", e.Models)
	line("since", e.Since)
	line("source", e.Source)
}

func quoteEmpty(value string) string {
	if value == "" {
		return "empty"
	}
	return value
}

// explainValue says what a value of a parameter does.
func explainValue(p *program, e schema.Entry, value string, phone *rule.Phone) error {
	if place, ok := e.Place(); ok {
		explained := rule.Explain(place, value, phone)
		io.WriteString(p.stdout, explained.Show())
		return findings(p, rule.Check(place, value, phone), explained.Err != nil)
	}
	shown := fmt.Sprintf("%q", value)
	if e.Secret() {
		shown = "***"
	}
	if problem := e.Check(value); problem != nil {
		p.problem(p.stdout, *problem)
		if problem.Severity == rule.Error {
			return errProblems
		}
		return nil
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", shown, firstOf(schema.Meaning(e, value), "a value the phone takes"))
	return nil
}

// explainInFleet explains for a phone of a fleet.
func explainInFleet(p *program, source *fleetFlags, mac, text, as string, set settings) error {
	if !source.given() {
		return &usageError{"explain", "-phone needs -csv or -fleet"}
	}
	address, err := rule.ParseMAC(mac)
	if err != nil {
		return fmt.Errorf("-phone: %w", err)
	}
	fleet, problems, err := source.load(p.stdin)
	for _, problem := range problems {
		p.problem(p.stderr, problem)
	}
	if err != nil {
		return err
	}
	device, err := fleet.Find(address)
	if err != nil {
		return err
	}
	phone := fleet.Phone(device)
	phone.Complete(&rule.Sample(phone.Product).Identity)
	if err := set.apply(phone); err != nil {
		return err
	}
	name, value, hasValue := strings.Cut(text, "=")
	e, known := findParameter(name)
	switch {
	case text == "":
		printProfile(p, fleet.Profile(device))
		return nil
	case !known || hasValue:
		if known && as == "" {
			return explainValue(p, e, value, phone)
		}
		return explainText(p, text, as, phone, source.generation.Generation)
	}
	batch := fleet.batch(source)
	standInKeys(batch)
	layers, err := batch.Layers(device, e.Name)
	if err != nil {
		return err
	}
	printLayers(p, e, layers)
	if len(layers) == 0 {
		return nil
	}
	if _, ok := e.Place(); ok {
		fmt.Fprintln(p.stdout)
		return explainValue(p, e, layers[len(layers)-1].Text, phone)
	}
	return nil
}

// printProfile lists what a phone gets, each value with its place.
func printProfile(p *program, profile *schema.Profile) {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, v := range profile.Values() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, shownValue(v), v.Origin)
	}
	w.Flush()
}

// printLayers lists what each layer says, the one that counts marked.
func printLayers(p *program, e schema.Entry, layers []gen.Layered) {
	if len(layers) == 0 {
		fmt.Fprintf(p.stdout, "%s: no layer sets it, and its factory default is not known\n", e.Name)
		return
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", e.Name, e.Summary)
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for i, l := range layers {
		mark := " "
		if i == len(layers)-1 {
			mark = "→"
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\n", mark, l.Layer, shownValue(l.Value), l.Origin)
	}
	w.Flush()
}

// shownValue is a value for a list: secrets masked, keys in rules too.
func shownValue(v schema.Value) string {
	e, known := schema.Default().Lookup(v.Name)
	if known && e.Secret() && v.Text != "" {
		return "***"
	}
	if place, ok := e.Place(); known && ok {
		return quoteEmpty(rule.Explain(place, v.Text, nil).Text)
	}
	return quoteEmpty(v.Text)
}

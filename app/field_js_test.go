package app

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// bench shows some fields of a Builder, and nothing else.
type bench struct {
	app.Compo
	b     *Builder
	names []string
}

func (x *bench) OnMount(ctx app.Context) { x.b.shell = ctx }

func (x *bench) Render() app.UI {
	return box("div", "", app.Range(x.names).Slice(func(i int) app.UI { return x.b.field(x.names[i]) }))
}

// rig is a bench in a document.
type rig struct {
	*testing.T
	b      *Builder
	engine app.TestEngine
}

func newRig(t *testing.T, names ...string) *rig {
	t.Helper()
	if !app.Window().Get("document").Truthy() {
		t.Skip("no document: run with -exec app/e2e/dom.cjs")
	}
	r := &rig{T: t, b: newBuilder(), engine: app.NewTestEngine()}
	if err := r.engine.Load(&bench{b: r.b, names: names}); err != nil {
		t.Fatal(err)
	}
	r.engine.ConsumeAll()
	return r
}

func (r *rig) control(name string) app.Value {
	r.Helper()
	el := app.Window().GetElementByID(fieldID(name))
	if !el.Truthy() {
		r.Fatalf("no control for %s", name)
	}
	return el
}

// fire dispatches an event, as the browser does.
func (r *rig) fire(el app.Value, event string) {
	options := map[string]any{"bubbles": true, "cancelable": true}
	el.Call("dispatchEvent", app.Window().Get("Event").New(event, options))
	r.engine.ConsumeAll()
}

// write types a text into a box without leaving it.
func (r *rig) write(name, text string) {
	el := r.control(name)
	r.fire(el, "focus")
	el.Set("value", text)
	r.fire(el, "input")
}

// show renders what another part of the page has changed.
func (r *rig) show() {
	r.b.shell.Dispatch(func(app.Context) { r.b.ui++ })
	r.engine.ConsumeAll()
}

func (r *rig) wantValue(name, want string) {
	r.Helper()
	if got := r.control(name).Get("value").String(); got != want {
		r.Errorf("the box of %s holds %q, want %q", name, got, want)
	}
}

func (r *rig) text() string {
	return app.Window().Get("document").Get("body").Get("textContent").String()
}

func TestTextField(t *testing.T) {
	r := newRig(t, "Resync_Periodic")
	r.wantValue("Resync_Periodic", "3600")
	r.write("Resync_Periodic", "7200 ")
	if got := r.b.editor.Value("Resync_Periodic").Text; got != "7200 " {
		t.Errorf("while typing the value is %q", got)
	}
	r.wantValue("Resync_Periodic", "7200 ") // nothing is tidied up under the caret
	r.fire(r.control("Resync_Periodic"), "blur")
	r.wantValue("Resync_Periodic", "7200")
	r.b.editor.Undo()
	r.show()
	r.wantValue("Resync_Periodic", "3600")
	r.write("Resync_Periodic", "")
	r.fire(r.control("Resync_Periodic"), "blur")
	if got := r.b.editor.Value("Resync_Periodic").Text; got != "" {
		t.Errorf("a cleared box leaves %q", got)
	}
	r.b.editor.Undo()
	r.show()
	r.wantValue("Resync_Periodic", "3600")
	r.b.editor.Redo()
	r.show()
	r.wantValue("Resync_Periodic", "")
}

func TestFieldTellsProblemsWhenTypingIsOver(t *testing.T) {
	r := newRig(t, "Resync_At__HHmm_")
	invalid := func() string { return r.control("Resync_At__HHmm_").Call("getAttribute", "aria-invalid").String() }
	r.write("Resync_At__HHmm_", "25")
	if invalid() != "false" {
		t.Error("an error while typing")
	}
	r.fire(r.control("Resync_At__HHmm_"), "blur")
	if invalid() != "true" {
		t.Error("no error after typing")
	}
	r.write("Resync_At__HHmm_", "2560")
	if invalid() != "true" {
		t.Error("a field that is wrong already hides it while typing")
	}
	r.write("Resync_At__HHmm_", "0200")
	if invalid() != "false" || !strings.Contains(r.text(), "02:00") {
		t.Errorf("after the mend: invalid %s, %q", invalid(), r.text())
	}
}

func TestSwitch(t *testing.T) {
	r := newRig(t, "Provision_Enable")
	checked := func() string { return r.control("Provision_Enable").Call("getAttribute", "aria-checked").String() }
	for _, want := range []string{"false", "true", "false"} {
		r.fire(r.control("Provision_Enable"), "click")
		if checked() != want {
			t.Errorf("aria-checked is %s, want %s", checked(), want)
		}
	}
	if got := r.b.editor.Value("Provision_Enable").Text; got != "No" {
		t.Errorf("the value is %q", got)
	}
	// A value that is neither cannot be switched: it is shown as it is.
	r.b.editor.Set(Layer{}, "Provision_Enable", "maybe")
	r.show()
	r.wantValue("Provision_Enable", "maybe")
}

func TestSelect(t *testing.T) {
	r := newRig(t, "HTTP_Report_Method")
	r.wantValue("HTTP_Report_Method", "POST")
	r.control("HTTP_Report_Method").Set("value", "PUT")
	r.fire(r.control("HTTP_Report_Method"), "change")
	if got := r.b.editor.Value("HTTP_Report_Method").Text; got != "PUT" {
		t.Errorf("the value is %q", got)
	}
	r.b.editor.Undo()
	r.show()
	r.wantValue("HTTP_Report_Method", "POST")
}

// press is a key on an element, with Alt when a "+" stands before it.
func (r *rig) press(id, key string) {
	r.Helper()
	key, alt := strings.CutPrefix(key, "+")
	el := app.Window().GetElementByID(id)
	if !el.Truthy() {
		r.Fatalf("there is no %s", id)
	}
	event := app.Window().Get("Event").New("keydown", map[string]any{"bubbles": true, "cancelable": true})
	event.Set("key", key)
	event.Set("altKey", alt)
	el.Call("dispatchEvent", event)
	r.engine.ConsumeAll()
}

func TestListField(t *testing.T) {
	const name = "DHCPv6_Option_To_Use"
	r := newRig(t, name)
	want := func(what, text string) {
		t.Helper()
		if got := r.b.editor.Value(name).Text; got != text {
			t.Errorf("%s: the list is %q, want %q", what, got, text)
		}
		r.wantValue(name, "") // the box that adds
	}
	want("at first", "17,160,159")
	r.press(itemID(name, 0), "+ArrowRight")
	want("moved later", "160,17,159")
	r.press(itemID(name, 0), "+ArrowLeft")
	want("moved beyond the first", "160,17,159")
	r.press(itemID(name, 1), "Delete")
	want("taken out", "160,159")
	r.control(name).Set("value", "66, 67,")
	r.press(fieldID(name), "Enter")
	want("added", "160,159,66,67")
	r.control(name).Set("value", "68")
	r.fire(r.control(name), "blur")
	want("left", "160,159,66,67,68")
	r.b.editor.Undo()
	r.show()
	want("undone", "160,159,66,67")
	r.b.asText = name
	r.show()
	r.wantValue(name, "160,159,66,67")
	r.write(name, "17,,160")
	r.fire(r.control(name), "blur")
	if got := r.b.editor.Value(name).Text; got != "17,,160" {
		t.Errorf("typed as text: %q", got)
	}
}

// Another parameter in the same place is another field: nothing of the first
// one stays in its box.
func TestFieldsAreTheirParameters(t *testing.T) {
	r := newRig(t, "Resync_Periodic", "Profile_Rule")
	r.write("Resync_Periodic", "60")
	other := newRig(t, "Profile_Rule", "Forced_Resync_Delay")
	other.wantValue("Profile_Rule", "/$PSN.xml")
	other.wantValue("Forced_Resync_Delay", "14400")
}

// A panic in a handler becomes a message, and the page goes on.
func TestPanicIsCaught(t *testing.T) {
	r := newRig(t, "Resync_Periodic")
	r.b.safely(func() { panic("value " + canary) })
	if len(r.b.toasts) != 1 || strings.Contains(r.b.toasts[0].text, canary) {
		t.Errorf("messages: %+v", r.b.toasts)
	}
	r.write("Resync_Periodic", "60")
	if got := r.b.editor.Value("Resync_Periodic").Text; got != "60" {
		t.Errorf("afterwards the value is %q", got)
	}
}

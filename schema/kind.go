package schema

// The kinds of values.
const (
	KindBool      Kind = "bool" // Yes or No
	KindEnum      Kind = "enum"
	KindInt       Kind = "int"
	KindFloat     Kind = "float"
	KindString    Kind = "string"
	KindSecret    Kind = "secret"       // never shown, never logged
	KindSeconds   Kind = "seconds"      // whole seconds
	KindDelays    Kind = "seconds-list" // 3600, 600,1200 or 2400+30 (d.3)
	KindTime      Kind = "time-hhmm"    // 0959
	KindClock     Kind = "time-hh:mm"   // 09:59
	KindPort      Kind = "port"
	KindIP        Kind = "ip"   // literal, v4 or v6
	KindHost      Kind = "host" // name or address, optionally :port
	KindURI       Kind = "uri"
	KindList      Kind = "list" // the unit names the separator
	KindMacros    Kind = "macro-string"
	KindRule      Kind = "profile-rule"
	KindUpgrade   Kind = "upgrade-rule"
	KindCondition Kind = "condition"
	KindDialPlan  Kind = "dialplan"
	KindTone      Kind = "tone-script"
	KindCadence   Kind = "cadence-script"
	KindRing      Kind = "ring-script"
	KindScript    Kind = "script" // other key=value scripts
	KindSoftkeys  Kind = "softkey-list"
	KindFunction  Kind = "function-script" // of line keys and softkeys
	KindLED       Kind = "led-script"
	KindStarCode  Kind = "star-code"
	KindHexByte   Kind = "hex-byte"
)

// Secret tells whether the value may never be shown or logged.
func (p *Parameter) Secret() bool { return p.Kind == KindSecret }

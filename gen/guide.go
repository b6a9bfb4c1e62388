package gen

// guide is a small file that gives a phone its key and leads it to its own,
// encrypted file: in clear for a phone that has no key yet, encrypted with an
// older key for one that has that.
type guide struct {
	name []byte
	data []byte
	file fileEntry
	zip  zipEntry
}

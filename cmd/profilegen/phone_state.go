package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"profilegen/resync"
	"profilegen/rule"
)

// savedPhone is the content of the file of -save.
type savedPhone struct {
	Phone string       `json:"phone"` // MAC address
	Model string       `json:"model"`
	State resync.State `json:"state"`
}

// saved reads the file of -save; nil when there is none yet.
func (r *phoneRun) saved(id *rule.Identity) (*savedPhone, error) {
	if r.save == "" {
		return nil, nil
	}
	data, err := os.ReadFile(r.save)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	saved := new(savedPhone)
	if err := json.Unmarshal(data, saved); err != nil {
		return nil, fmt.Errorf("reading the phone kept in %s: %w", r.save, err)
	}
	switch {
	case saved.Phone != id.MAC.String():
		return nil, fmt.Errorf("%s holds the phone %q, not %q; name another file, or that phone by -mac", r.save, saved.Phone, id.MAC)
	case saved.Model != id.Product:
		return nil, fmt.Errorf("%s holds a %q, not a %q; name another file, or that model by -model", r.save, saved.Model, id.Product)
	}
	return saved, nil
}

// keep writes the phone's state: the whole file or none of it, for its owner
// only.
func (r *phoneRun) keep(h *handset) error {
	if r.save == "" {
		return nil
	}
	data, err := json.MarshalIndent(savedPhone{h.MAC.String(), h.Product, h.Save()}, "", "\t")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(r.save), ".profilegen-*")
	if err != nil {
		return fmt.Errorf("keeping the phone in %s: %w", r.save, err)
	}
	_, err = file.Write(append(data, '\n'))
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), r.save)
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("keeping the phone in %s: %w", r.save, err)
	}
	return nil
}

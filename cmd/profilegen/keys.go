package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"

	"profilegen/gen"
	"profilegen/schema"
)

var keysCommand = &command{
	name:    "keys",
	summary: "makes the key file of a fleet, gives the phones new keys, lists them",
	usage: `keys new keys.json
keys rotate [-csv phones.csv] keys.json
keys finish keys.json
keys list [-as WAY] -csv phones.csv keys.json`,
	about: `A key file holds a random secret; the key of each phone is made from it and the
phone's MAC address. So the file stays as it is when phones come and go, and the
key of one phone tells nothing about another's. Whoever has the file has all
keys, and without it the files cannot be made again: keep it, and keep it secret.

new makes one. profilegen -encrypt key -key-file keys.json does so, too.

Phones get new keys in two steps, since a phone can learn its new key only from
a file that it can read with the old one:

  1. keys rotate keys.json, and then profilegen with the options as always.
     Each phone's profile is written anew under a new name, with the new key; the
     file under the old name, with the old key, only leads there. The new one is
     written first. Each phone goes over at its next resync.
  2. When all phones have fetched their new files (profilegen serve shows it, and
     so does the log of any server), keys finish keys.json and then profilegen
     with -prune forget the old keys and take their files away.

A phone that was off between the two is locked out. Its first file, which gives
it a key as to a new phone, brings it back: see -first of gen, and reset the
phone to factory defaults.

Keys that stand in the list of phones are changed so, too: rotate with -csv (or
-fleet) has the key file remember them as old ones. Then change them in the list.

list prints the phones' keys, in clear, as a CSV of address and key.`,
	example: `profilegen keys new keys.json
profilegen -csv examples/phones.csv -out dist/ -encrypt key -key-file keys.json -server https://prov.example.com
profilegen keys rotate keys.json`,
	define: defineKeys,
}

func defineKeys(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	k := &keyring{}
	k.source.define(flags)
	flags.Var(oneOf{&k.way, schema.Encryptions}, "as", "`WAY` of encryption that the keys are for: key (without it, or as the fleet file says) or ikm")
	flags.Var(oneOf{&k.macro, schema.Secrets}, "key-macro", "`MACRO` that holds a phone's key, as for gen; for rotate")
	return func(_ context.Context, p *program, args []string) error {
		if len(args) > 1 { // options stand behind what is to be done
			if err := flags.Parse(args[1:]); err != nil {
				return &usageError{"keys", err.Error()}
			}
			args = append(args[:1], flags.Args()...)
		}
		return k.run(p, args)
	}
}

// keyring is one run of the keys command.
type keyring struct {
	source     fleetFlags
	way, macro string
}

func (k *keyring) run(p *program, args []string) error {
	if len(args) != 2 {
		return &usageError{"keys", "it takes new, rotate, finish or list, and the name of a key file"}
	}
	action, name := args[0], args[1]
	switch {
	case action == "list" && !k.source.given():
		return &usageError{"keys", "list needs -csv or -fleet: profilegen keys list -csv phones.csv " + name}
	case action != "list" && action != "rotate" && k.source.given():
		return &usageError{"keys", "-csv and -fleet are for list and rotate"}
	}
	if action == "new" {
		return k.create(p, name)
	}
	keys, err := readKeyFile(p, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no key file %s; profilegen keys new %[1]s makes one", name)
	}
	if err != nil {
		return err
	}
	switch action {
	case "rotate":
		return k.rotate(p, name, keys)
	case "finish":
		return k.finish(p, name, keys)
	case "list":
		return k.list(p, keys)
	}
	return &usageError{"keys", fmt.Sprintf("%q is not new, rotate, finish or list", action)}
}

func (k *keyring) create(p *program, name string) error {
	keys, err := gen.NewKeys(rand.Reader)
	if err == nil {
		err = writeKeyFile(name, keys)
	}
	if err == nil {
		fmt.Fprintf(p.stdout, "%s holds new keys: keep it, and keep it secret\n", name)
	}
	return err
}

func (k *keyring) rotate(p *program, name string, keys *gen.Keys) error {
	if err := keys.Rotate(rand.Reader); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if k.source.given() {
		if err := k.remember(p, keys); err != nil {
			return err
		}
	}
	if err := replaceKeyFile(name, keys); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: step 1 of 2: there are new keys, the old ones are kept\n", name)
	p.note("make the profiles again now; phones go over to their new keys at their next resync")
	p.note("when all have, profilegen keys finish %s forgets the old keys", name)
	return nil
}

func (k *keyring) finish(p *program, name string, keys *gen.Keys) error {
	older := keys.Older()
	if older == 0 {
		return fmt.Errorf("%s has no old keys; rotate comes first", name)
	}
	keys.Finish()
	if err := replaceKeyFile(name, keys); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: step 2 of 2: the old keys are forgotten\n", name)
	p.note("make the profiles again with -prune: it takes away the files for the old keys")
	return nil
}

// load reads the fleet, and tells which parameter holds its phones' keys.
func (k *keyring) load(p *program) (*fleet, string, error) {
	fleet, problems, err := k.source.load(p.stdin)
	tellProblems(p, problems)
	if err != nil {
		return nil, "", err
	}
	encoding := fleet.batch(&k.source).Encoding
	encoding.Encrypt = firstOf(k.way, encoding.Encrypt, schema.EncryptKey)
	encoding.Secret = firstOf(k.macro, encoding.Secret)
	return fleet, encoding.KeyElement(), nil
}

// remember has the key file know the keys that the list gives.
func (k *keyring) remember(p *program, keys *gen.Keys) error {
	fleet, element, err := k.load(p)
	if err != nil {
		return err
	}
	count := 0
	problems, err := fleet.Each(func(d *gen.Device) {
		if key := fleet.Profile(d).Text(element); key != "" {
			keys.Remember(d.MAC, key)
			count++
		}
	})
	tellProblems(p, problems)
	if err == nil && count == 0 {
		p.note("%s gives no phone a key (%s)", fleet.source, element)
	}
	return err
}

func (k *keyring) list(p *program, keys *gen.Keys) error {
	fleet, element, err := k.load(p)
	if err != nil {
		return err
	}
	way, key := schema.EncryptKey, keys.Key
	if element == "IKM_HTTP_Encrypt_Content" {
		way, key = schema.EncryptIKM, keys.IKM
	}
	fmt.Fprintf(p.stdout, "mac,%s\n", element)
	problems, err := fleet.Each(func(d *gen.Device) {
		if way != firstOf(d.Encrypt.Text, way) {
			return // the list says that its file is encrypted otherwise
		}
		text := fleet.Profile(d).Text(element) // one that is given wins
		p.stdout.Write(gen.AppendCSVRecord(nil, []string{d.MAC.Colons(), firstOf(text, key(d.MAC))}))
	})
	tellProblems(p, problems)
	return err
}

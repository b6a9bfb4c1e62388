package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

const aboutKeySources = `
The key is the first line of a file (-key-from; - is standard input), or that of
a phone by the fleet's key file (-key-file, -phone). A key on the command line
stays in the shell's history and can be seen by others of this machine, so -key
is taken only with -insist.`

var encryptCommand = &command{
	name:    "encrypt",
	summary: "compresses and encrypts one profile for a phone",
	usage: `encrypt -key-from FILE [options] [PROFILE]
encrypt -key-file keys.json -phone MAC [options] [PROFILE]`,
	about: `Writes what a phone reads whose rule has [--key KEY] (-as key), or whose
parameter IKM_HTTP_Encrypt_Content is KEY (-as ikm). Without PROFILE it is read
from standard input. For a whole fleet: profilegen -encrypt.

-as key writes what this command of OpenSSL does, with a salt of its own:

  openssl enc -aes-256-cbc -md md5 -k KEY -in PROFILE

The same profile and key give the same bytes. What -as ikm writes has to be sent
with the header Content-Encoding: aes128gcm.
` + aboutKeySources,
	example: `profilegen password > key.txt
profilegen encrypt -key-from key.txt -gzip -out base.enc examples/base.xml
profilegen decrypt -key-from key.txt base.enc`,
	define: func(flags *flag.FlagSet) func(context.Context, *program, []string) error {
		c := &crypt{name: "encrypt"}
		c.define(flags)
		flags.Var(oneOf{&c.way, schema.Encryptions}, "as", "`WAY`: key, AES-256-CBC for [--key] (without it), or ikm, RFC 8188")
		flags.Var(oneOf{&c.digest, schema.Digests}, "digest", "`HASH` of -as key: md5 (without it) or sha256; see profilegen help gen")
		flags.BoolVar(&c.gzip, "gzip", false, "compress the profile first")
		return c.encrypt
	},
}

var decryptCommand = &command{
	name:    "decrypt",
	summary: "decrypts and unpacks one profile, as the phone does",
	usage: `decrypt -key-from FILE [options] [FILE]
decrypt -key-file keys.json -phone MAC [options] [FILE]`,
	about: `Reads what encrypt, a batch or openssl enc -aes-256-cbc wrote, with either digest,
or a body encrypted by RFC 8188, and prints the profile. Which of them it is, the
content tells. Without FILE it is read from standard input.
` + aboutKeySources,
	example: `profilegen decrypt -key-from key.txt base.enc
profilegen decrypt -key-file keys.json -phone 000e08a00001 dist/000e08a00001/8861-3PCC-3f2a9c10.xml`,
	define: func(flags *flag.FlagSet) func(context.Context, *program, []string) error {
		c := &crypt{name: "decrypt"}
		c.define(flags)
		return c.decrypt
	},
}

// crypt is one run of encrypt or decrypt.
type crypt struct {
	name           string
	keyFrom        string
	key            string
	insist         bool
	keyFile, phone string
	out            string
	overwrite      bool

	way, digest string
	gzip        bool
}

func (c *crypt) define(flags *flag.FlagSet) {
	flags.StringVar(&c.keyFrom, "key-from", "", "`FILE` whose first line is the key; - is standard input")
	flags.StringVar(&c.keyFile, "key-file", "", "`FILE` with the keys of a fleet, as gen and keys make it; needs -phone")
	flags.StringVar(&c.phone, "phone", "", "`MAC` address of the phone whose key it is, with -key-file")
	flags.StringVar(&c.key, "key", "", "`KEY` itself; others can see it, so it needs -insist")
	flags.BoolVar(&c.insist, "insist", false, "take -key all the same")
	flags.StringVar(&c.out, "out", "", "`FILE` to write, for its owner only; without it standard output")
	flags.BoolVar(&c.overwrite, "overwrite", false, "replace what is there")
}

func (c *crypt) encrypt(_ context.Context, p *program, args []string) error {
	profile, keys, err := c.read(p, args)
	if err != nil {
		return err
	}
	if c.gzip {
		profile = gen.Gzip(profile)
	}
	key := keys[0]
	if c.way == schema.EncryptIKM {
		salt, err := gen.SaltContent(profile, key)
		if err == nil {
			profile, err = gen.EncryptContent(profile, key, salt)
		}
		if err != nil {
			return err
		}
		p.note("to be sent with the header Content-Encoding: aes128gcm")
		return c.write(p, profile)
	}
	digest := gen.MD5
	if c.digest == "sha256" {
		digest = gen.SHA256
	}
	return c.write(p, gen.EncryptKey(profile, key, gen.SaltKey(profile, key, digest), digest))
}

func (c *crypt) decrypt(_ context.Context, p *program, args []string) error {
	c.way = schema.EncryptIKM
	body, keys, err := c.read(p, args)
	if err != nil {
		return err
	}
	var clear []byte
	for _, key := range keys {
		with := gen.Decoding{ContentEncoding: "aes128gcm", IKM: key}
		if bytes.HasPrefix(body, []byte("Salted__")) {
			with = gen.Decoding{Key: key, HasKey: true}
		}
		if clear, err = gen.Decode(body, with); err == nil {
			return c.write(p, clear)
		}
	}
	return err
}

// read gives the file and the keys to try.
func (c *crypt) read(p *program, args []string) (data []byte, keys []string, err error) {
	if err := c.usage(args); err != nil {
		return nil, nil, err
	}
	if len(args) == 1 {
		data, err = os.ReadFile(args[0])
	} else {
		data, err = io.ReadAll(io.LimitReader(p.stdin, maxInput))
	}
	if err != nil {
		return nil, nil, err
	}
	keys, err = c.keys(p, data)
	return data, keys, err
}

func (c *crypt) usage(args []string) error {
	given := 0
	for _, from := range []string{c.keyFrom, c.keyFile, c.key} {
		if from != "" {
			given++
		}
	}
	switch {
	case len(args) > 1:
		return &usageError{c.name, "one file at a time"}
	case given != 1:
		return &usageError{c.name, "one of -key-from and -key-file has to say what the key is"}
	case c.key != "" && !c.insist:
		return &usageError{c.name, "a key on the command line stays in the shell's history and in the list of processes; use -key-from, or -insist on it"}
	case (c.keyFile == "") != (c.phone == ""):
		return &usageError{c.name, "-key-file and -phone go together"}
	case c.keyFrom == "-" && len(args) == 0:
		return &usageError{c.name, "standard input cannot be both the key and the profile; name a file"}
	}
	return nil
}

func (c *crypt) keys(p *program, data []byte) ([]string, error) {
	switch {
	case c.key != "":
		return []string{c.key}, nil
	case c.keyFile != "":
		return c.phoneKeys(p, data)
	}
	text, err := []byte(nil), error(nil)
	if c.keyFrom == "-" {
		text, err = io.ReadAll(io.LimitReader(p.stdin, maxKeyFile))
	} else {
		text, err = os.ReadFile(c.keyFrom)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return nil, errors.New("the first line of -key-from is empty, and should be the key")
	}
	return []string{line}, nil
}

// phoneKeys are the keys that a phone has or may have had.
func (c *crypt) phoneKeys(p *program, data []byte) ([]string, error) {
	mac, err := rule.ParseMAC(c.phone)
	if err != nil {
		return nil, fmt.Errorf("-phone: %w", err)
	}
	keys, err := readKeyFile(p, c.keyFile)
	if err != nil {
		return nil, err
	}
	if c.way == schema.EncryptIKM && !bytes.HasPrefix(data, []byte("Salted__")) {
		return keys.IKMs(mac), nil
	}
	return keys.Keys(mac), nil
}

func (c *crypt) write(p *program, data []byte) error {
	if c.out == "" {
		_, err := p.stdout.Write(data)
		return err
	}
	if _, err := os.Lstat(c.out); err == nil && !c.overwrite {
		return fmt.Errorf("%s is there already; -overwrite replaces it", c.out)
	}
	return writeWhole(c.out, data, false)
}

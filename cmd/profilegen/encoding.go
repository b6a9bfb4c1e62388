package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// encodingFlags say in which form the phones' files are made; gen and serve
// have them. What is not given is the fleet file's to say.
type encodingFlags struct {
	schema.Encoding
	keyFile string
}

func (f *encodingFlags) define(flags *flag.FlagSet) {
	flags.BoolVar(&f.Gzip, "gzip", false, "compress the phones' files; phones know it by the content")
	flags.Var(oneOf{&f.Encrypt, append(slices.Clone(schema.Encryptions), "none")}, "encrypt", "`WAY` to encrypt the phones' files: key (AES-256-CBC, for [--key] in the rules), ikm (RFC 8188,\n"+
		"for HTTP and HTTPS only, firmware 11.2(3) and later) or none, in place of the fleet file's")
	flags.Var(oneOf{&f.Digest, schema.Digests}, "digest", "`HASH` that makes the AES key of the text after --key: md5 (without it), as the command in the\n"+
		"guide for firmware 12 has it and older ones take, or sha256, as openssl 1.1 and later write unasked.\n"+
		"No guide says which firmware takes which: try one phone of each first")
	flags.Var(oneOf{&f.Secret, schema.Secrets}, "key-macro", "`MACRO` that holds a phone's key: SA (without it), SB, SC or SD, set by GPP_SA to GPP_SD")
	flags.StringVar(&f.User, "uid", "", "`NAME` that the rules for encrypted files have the phones log in with (--uid), such as '$MA';\n"+
		"their password is the value of GPP_SB, in the list or the base")
	flags.Var(oneOf{&f.Password, schema.Secrets}, "pwd-macro", "`MACRO` that holds the password of -uid: SB (without it), SA, SC or SD")
	flags.StringVar(&f.keyFile, "key-file", "", "`FILE` that the keys of the phones are made from which have none in the list;\n"+
		"gen makes it, for its owner only, when it is not there")
	flags.StringVar(&f.First, "first", "", "`URL` where phones that have no key yet fetch their first file, which holds it in clear;\n"+
		"none makes no first files: the phones have their keys (without it the URL of -server)")
}

// over is the flags' encoding over that of a fleet file.
func (f *encodingFlags) over(below *schema.Encoding) schema.Encoding {
	e := schema.Encoding{}
	if below != nil {
		e = *below
	}
	e.Gzip = e.Gzip || f.Gzip
	e.Encrypt = firstOf(f.Encrypt, e.Encrypt)
	e.Digest = firstOf(f.Digest, e.Digest)
	e.Secret = firstOf(f.Secret, e.Secret)
	e.First = firstOf(f.First, e.First)
	e.User = firstOf(f.User, e.User)
	e.Password = firstOf(f.Password, e.Password)
	if e.Encrypt == "none" {
		e.Encrypt = ""
	}
	return e
}

// apply fills in what a batch has to know. create tells that a key file may be
// made, for the files in that folder.
func (f *encodingFlags) apply(p *program, b *gen.Batch, below *schema.Encoding, create bool, folder string) (err error) {
	b.Encoding = f.over(below)
	switch {
	case f.keyFile == "":
		return nil
	case !b.Encrypts():
		return errors.New("-key-file is for encrypted files; say how by -encrypt key or -encrypt ikm, or in a column encrypt of the list")
	}
	b.Keys, err = readKeyFile(p, f.keyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case create && folder != "" && isEncrypted(folder):
		return fmt.Errorf("there is no key file %s, and the phones of %s have keys already: name the file that they are from; "+
			"with new ones, from profilegen keys new, they would not find the way to their files", f.keyFile, folder)
	case !create:
		return fmt.Errorf("there is no key file %s; profilegen keys new %[1]s makes one", f.keyFile)
	}
	return f.newKeyFile(p, b)
}

// isEncrypted tells whether a batch has put encrypted files into a folder.
func isEncrypted(folder string) bool {
	manifest, err := os.Open(filepath.Join(folder, gen.ManifestName))
	if err != nil {
		return false
	}
	defer manifest.Close()
	found := false
	_ = gen.ReadManifest(manifest, func(info gen.FileInfo) error {
		found = found || info.Role != gen.OwnFile || info.Content != ""
		return nil
	}) // the batch tells what is wrong with it
	return found
}

func (f *encodingFlags) newKeyFile(p *program, b *gen.Batch) (err error) {
	if b.Keys, err = gen.NewKeys(rand.Reader); err != nil {
		return err
	}
	if err = writeKeyFile(f.keyFile, b.Keys); err != nil {
		return err
	}
	p.note("%s is new and holds the keys of the phones: keep it, and keep it secret", f.keyFile)
	return nil
}

// standInKeys are the keys of a fleet whose files are only looked at: without
// them there would be a problem for each phone.
func standInKeys(b *gen.Batch) {
	if b.Keys == nil && b.Encrypts() {
		b.Keys, _ = gen.NewKeys(rand.Reader) // which does not fail
	}
}

// keyFileOutside sees to it that a key file is not among the files that phones
// may fetch.
func keyFileOutside(keyFile, folder string) error {
	if keyFile == "" || folder == "" {
		return nil
	}
	file, err := filepath.Abs(keyFile)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(inside) {
		return fmt.Errorf("the key file %s is inside %s, where a server hands out files; keep it elsewhere", keyFile, folder)
	}
	return nil
}

// readKeyFile reads a key file, and tells when others can read it, too.
func readKeyFile(p *program, name string) (*gen.Keys, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s is too long for a key file", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	keys, err := gen.ReadKeys(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if runtime.GOOS != "windows" && info.Mode()&0o077 != 0 {
		p.problem(p.stderr, schema.Problem{
			ID: "key-file-mode", Severity: rule.Warning, Origin: schema.Origin{File: name},
			Summary: "others than its owner can read the keys", Hint: "chmod 600 " + name,
		})
	}
	return keys, nil
}

const maxKeyFile = 1 << 16

// writeKeyFile makes a key file that is not there yet.
func writeKeyFile(name string, keys *gen.Keys) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already", name)
	}
	return replaceKeyFile(name, keys)
}

// replaceKeyFile writes a key file, for its owner only. It is on the disk
// before it appears: without it, phones are locked out.
func replaceKeyFile(name string, keys *gen.Keys) error {
	return writeWhole(name, keys.Bytes(), true)
}

// writeWhole makes a file appear as a whole, for its owner only.
func writeWhole(name string, data []byte, sync bool) error {
	file, err := os.CreateTemp(filepath.Dir(name), unfinished+"-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil && sync {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = renameFor(sync, file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// oneOf is a flag that takes one of a few words.
type oneOf struct {
	text  *string
	words []string
}

func (o oneOf) String() string {
	if o.text == nil {
		return ""
	}
	return *o.text
}

func (o oneOf) Set(text string) error {
	if !slices.Contains(o.words, text) {
		last := len(o.words) - 1
		return errors.New(strings.Join(o.words[:last], ", ") + " or " + o.words[last])
	}
	*o.text = text
	return nil
}

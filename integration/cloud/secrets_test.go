//go:build unix

package cloud

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A register holds every secret that the tests hand out, and every text in which
// none of them may be.
type register struct {
	mu     sync.Mutex
	given  map[string]bool
	texts  []text
	places []string // of files that hold secrets because a test, or the operator, wants it so
}

type text struct {
	what string
	said fmt.Stringer
}

var secrets = register{given: map[string]bool{}}

// give hands out a secret. Of a key in PEM each line counts, and no text as
// short as a word does: it would be found everywhere.
func (r *register) give(secret string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(secret) {
		line = strings.TrimSpace(line)
		if len(line) >= 16 && !strings.HasPrefix(line, "-----") {
			r.given[line] = true
		}
	}
	return secret
}

// watch has what somebody says searched.
func (r *register) watch(what string, said ...fmt.Stringer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range said {
		r.texts = append(r.texts, text{what, s})
	}
}

// spare leaves a file, or all of a directory, out of the search.
func (r *register) spare(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.places = append(r.places, path)
}

// leaks searches all that was said, and all that was written into a directory,
// for all that was given. It returns where something was found, and how many
// texts there were.
func (r *register) leaks(dir string) (found []string, texts int, err error) {
	forms := r.forms()
	search := func(where string, data []byte) {
		texts++
		for _, f := range forms {
			if bytes.Contains(data, f) {
				found = append(found, fmt.Sprintf("%s: one that ends in %q", where, f[len(f)-4:]))
			}
		}
	}
	for _, t := range r.texts {
		search("what ssosync "+t.what+" says", []byte(t.said.String()))
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || slices.Contains(r.places, path):
			if d != nil && d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil {
			search(path, data)
		}
		return err
	})
	return found, texts, err
}

// forms are the ways in which a secret may be written.
func (r *register) forms() (forms [][]byte) {
	for secret := range r.given {
		quoted, _ := json.Marshal(secret) // a string can be
		written := []string{
			secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), hex.EncodeToString([]byte(secret)),
			strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
		}
		slices.Sort(written)
		for _, form := range slices.Compact(written) {
			forms = append(forms, []byte(form))
		}
	}
	return forms
}

// What is searched for at the end is found, in what is said and in what is
// written, or the search is worth nothing.
func TestTheSearchSees(t *testing.T) {
	dir, said := t.TempDir(), &transcript{}
	r := register{given: map[string]bool{}}
	secret := r.give("token/of+a test=0123456789")
	r.watch("plan", said, &transcript{})
	write := func(name, text string) { must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)) }
	search := func(want int, why string) {
		t.Helper()
		found, _, err := r.leaks(dir)
		must(t, err)
		if len(found) != want {
			t.Errorf("%s: %d secrets are found, want %d: %q", why, len(found), want, found)
		}
	}
	write("clean", "nothing")
	search(0, "none is there")
	for i, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
		write(fmt.Sprint(i), "before "+form+" behind")
	}
	search(4, "in files")
	_, _ = said.Write([]byte(secret)) // a buffer takes it
	search(5, "and said")
	r.spare(filepath.Join(dir, "0"))
	search(4, "without a file that may hold one")
}

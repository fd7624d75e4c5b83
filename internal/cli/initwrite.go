package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ssosync/internal/setup"
)

// wrote is a file as it was written, under the name that it got.
type wrote struct{ name, what string }

// writeSetup writes all files, or none. What is there is replaced only if
// somebody says so.
func (a *app) writeSetup(ctx context.Context, i *interview) ([]wrote, error) {
	env, err := a.env.ReadFile(setup.DotEnvFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &fileError{setup.DotEnvFile, err} // it would lose what is in it
	}
	files := setup.Files(i.answers, string(env))
	taken := a.taken(files)
	replace := true
	if len(taken) > 0 {
		answer, err := i.ask(ctx, question{
			name: "defaults", title: "These files are there already: " + strings.Join(taken, ", ") + ". What about them?", value: "keep",
			choices: []choice{
				{"keep", "keep them", "the new ones get .new behind their names"},
				{"replace", "replace them", "what was changed in them by hand is lost"},
			},
		})
		if err != nil {
			return nil, err
		}
		replace = answer == "replace"
	}
	var all []wrote
	for n, f := range files {
		if !replace && contains(choicesOf(taken), f.Name) {
			files[n].Name = a.free(f)
		}
		all = append(all, wrote{files[n].Name, f.What})
	}
	return all, writeAll(files)
}

func choicesOf(names []string) []choice {
	all := make([]choice, len(names))
	for i, n := range names {
		all[i].value = n
	}
	return all
}

// taken returns the names of files that are there with something else in them.
// Of .env nothing is lost: what is there stays in it.
func (a *app) taken(files []setup.File) []string {
	var names []string
	for _, f := range files {
		if f.Name != setup.DotEnvFile && !a.isFree(f.Name, f.Data) {
			names = append(names, f.Name)
		}
	}
	return names
}

// isFree reports whether a name has no file, or one with the same in it.
func (a *app) isFree(name string, data []byte) bool {
	there, err := a.env.ReadFile(name)
	return errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(there, data)
}

// free returns a name that is free.
func (a *app) free(f setup.File) string {
	name := f.Name + ".new"
	for n := 2; !a.isFree(name, f.Data); n++ {
		name = fmt.Sprintf("%s.new%d", f.Name, n)
	}
	return name
}

// writeAll writes files beside their names first, and puts them into place when
// all are on the disk.
func writeAll(files []setup.File) (err error) {
	var done []string
	defer func() {
		for _, name := range done {
			_ = os.Remove(name) // what matters is why it is not in its place
		}
	}()
	for _, f := range files {
		name, err := writeBeside(f)
		if name != "" {
			done = append(done, name)
		}
		if err != nil {
			return &fileError{f.Name, err}
		}
	}
	for n, f := range files {
		if err := os.Rename(done[n], inPlace(f.Name)); err != nil {
			return &fileError{f.Name, err}
		}
	}
	return nil
}

// writeBeside writes a file under a name of its own, and returns that.
func writeBeside(file setup.File) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(inPlace(file.Name)), ".ssosync-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(file.Data)
	return f.Name(), errors.Join(err, f.Chmod(file.Mode), f.Sync(), f.Close())
}

// inPlace is where a name leads to: a link stays one. That of .env does not: who
// placed it would have the token written where they want it.
func inPlace(name string) string {
	if name == setup.DotEnvFile {
		return name
	}
	if to, err := filepath.EvalSymlinks(name); err == nil {
		return to
	}
	return name
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ssosync/internal/config"
)

// A fileError says that a file that was asked for is not there.
type fileError struct {
	what string // the flag and the name
	err  error
}

func (e *fileError) Error() string { return "write " + e.what + ": " + cause(e.err).Error() }
func (e *fileError) Unwrap() error { return e.err }

// cause is what the system says of a file, without the name, which may be that
// of a temporary one.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// checkFiles finds out whether the files that a run is to leave behind can be
// written, before it begins: what is asked for after a sync cannot be had again.
func checkFiles(o syncOptions) error {
	var problems []error
	for _, f := range []struct{ flag, name string }{{"--out", o.out}, {"--html", o.html}} {
		if f.name == "" {
			continue
		}
		if err := checkFile(f.name); err != nil {
			problems = append(problems, &config.Error{Text: fmt.Sprintf("%s %s cannot be written: %v", f.flag, f.name, cause(err))})
		}
	}
	if o.out != "" && filepath.Clean(o.out) == filepath.Clean(o.html) {
		problems = append(problems, &config.Error{Text: "--out and --html name the same file"})
	}
	if len(problems) > 0 {
		return &configurationError{what: "command line", problems: problems}
	}
	return nil
}

func checkFile(name string) error {
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return errors.New("it is a directory")
	case err == nil && !info.Mode().IsRegular(): // such as /dev/stdout
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".ssosync-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeFile replaces a file that the operator has named, whole or not at all.
// What it says of people is nobody else's business.
func writeFile(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // such as /dev/stdout
		return os.WriteFile(name, data, 0o600)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".ssosync-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what matters is why it is not there
	}
	return err
}

// shellWord is a name as people can paste it into a shell (POSIX: Shell Command
// Language, 2.2.2), and as no program takes it for a flag.
func shellWord(name string) string {
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	plain := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-"
	if name != "" && strings.Trim(name, plain) == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// completeOneFile completes the only argument, a file.
func completeOneFile(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completeFirst completes the first argument with one of these words.
func completeFirst(words ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// noCompletion says that no file can be meant by these flags.
func noCompletion(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		// It fails only for a flag that is not there or has a completion.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

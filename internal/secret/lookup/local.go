package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"ssosync/internal/secret"
)

// afterwards is how long a command's output may stay open after its end, or after
// it has been killed: what it started may live on.
const afterwards = time.Second

var errLarge = errors.New("it is too large")

func tooLarge(what string) *fault {
	return &fault{text: fmt.Sprintf("%s is larger than %d KiB", what, maxText>>10), remedy: "is it the right one?", kind: ErrSetup}
}

func (r *Resolver) variable(name string) (string, error) {
	getenv := r.Getenv
	if getenv == nil {
		getenv = os.LookupEnv
	}
	v, ok := getenv(name)
	switch {
	case !ok:
		return "", &fault{text: "there is no such environment variable", remedy: "set it, and export it if it is a shell's", kind: ErrNotFound}
	case len(v) > maxText:
		return "", tooLarge("it")
	}
	return v, nil
}

// file reads a file. It may be one that only gives something when somebody writes
// to it, and so it is not waited for any longer than ctx.
func (r *Resolver) file(ctx context.Context, path string) (string, error) {
	read := r.ReadFile
	if read == nil {
		read = readFile
	}
	type answer struct {
		data []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		data, err := read(path)
		got <- answer{data, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-got:
		if a.err != nil {
			return "", ofFile(a.err)
		}
		if len(a.data) > maxText {
			return "", tooLarge("it")
		}
		return string(a.data), nil
	}
}

// readFile reads no more than it takes to see that a file is too large.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // The operator names it.
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(f, maxText+1))
}

func ofFile(err error) *fault {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &fault{text: "there is no such file", remedy: "a path that does not begin with / begins in the directory that ssosync is started in", kind: ErrNotFound}
	case errors.Is(err, fs.ErrPermission):
		return &fault{text: "this user may not read the file", remedy: "compare its owner and mode with the user that ssosync runs as", kind: ErrSetup}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &fault{text: "the file cannot be read: " + errno.Error(), kind: ErrSetup}
	}
	return &fault{text: fmt.Sprintf("the file cannot be read (%T)", err), kind: ErrSetup}
}

// run returns what a command prints. It gets our environment and no input, and
// is killed when ctx ends. What it says on stderr is not looked at, since that
// may be the secret as well.
func run(ctx context.Context, ref secret.Reference) (string, error) {
	words, err := ref.Command()
	if err != nil {
		return "", &fault{text: err.Error(), kind: ErrSetup}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &bucket{full: func() { cancel(errLarge) }}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // The operator names it.
	cmd.Stdout, cmd.WaitDelay = out, afterwards
	err = cmd.Run()
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(context.Cause(ctx), errLarge):
		return "", tooLarge("what the command prints")
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err == nil:
		return string(out.text), nil
	case exited:
		return "", &fault{text: "the command ended with " + exit.String(), remedy: "run it by hand as the same user, to see what it says", kind: ErrSetup}
	case errors.Is(err, exec.ErrWaitDelay):
		return "", &fault{text: "the command ended, but something that it started did not, and may have more to print", kind: ErrSetup}
	}
	return "", ofProgram(err)
}

// ofProgram is about a program that did not start.
func ofProgram(err error) *fault {
	switch {
	case errors.Is(err, exec.ErrDot):
		return &fault{text: "the program is in the working directory, and not in PATH", remedy: "write its whole path", kind: ErrSetup}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return &fault{text: "there is no such program", remedy: "write its whole path, or look at PATH; a builtin of the shell, a pipe or a variable needs exec:sh -c '…'", kind: ErrNotFound}
	case errors.Is(err, fs.ErrPermission):
		return &fault{text: "this user may not run the program", remedy: "compare its owner and mode with the user that ssosync runs as", kind: ErrSetup}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &fault{text: "the program cannot be run: " + errno.Error(), kind: ErrSetup}
	}
	return &fault{text: fmt.Sprintf("the program cannot be run (%T)", err), kind: ErrSetup}
}

// A bucket holds so much and no more.
type bucket struct {
	text []byte
	full func()
}

// Write is called by one goroutine, which has ended when the command has.
func (b *bucket) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > maxText {
		b.full()
		return 0, errLarge
	}
	b.text = append(b.text, p...)
	return len(p), nil
}

package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/secret"
	"ssosync/internal/secret/lookup"
)

// TestMain makes this program the command that others run.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "act" {
		act(os.Args[2:])
		return
	}
	os.Exit(m.Run())
}

func act(args []string) {
	switch args[0] {
	case "print":
		_, _ = io.Copy(io.Discard, os.Stdin) // there is none to wait for
		fmt.Print(args[1])
	case "variable":
		fmt.Println(os.Getenv(args[1]))
	case "fail":
		fmt.Print("hunter2")
		fmt.Fprintln(os.Stderr, "hunter2")
		os.Exit(7)
	case "flood":
		for {
			if _, err := fmt.Println(strings.Repeat("hunter2", 1000)); err != nil {
				_ = err // it does not stop by itself
			}
		}
	case "hang":
		c, err := net.Dial("tcp", args[1])
		if err == nil {
			_, _ = c.Read(make([]byte, 1))
		}
	}
}

// command returns a reference to this program.
func command(args ...string) secret.Reference {
	words := []string{os.Args[0], "act"}
	for i, w := range append(words, args...) {
		words = append(words[:i], `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w)+`"`)
	}
	return secret.Reference{Scheme: secret.Exec, Name: strings.Join(words, " ")}
}

func TestCommands(t *testing.T) {
	t.Setenv("LOOKUP_TEST", "of the environment")
	in, out, err := os.Pipe() // an input that never ends, which no command gets
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	defer func(f *os.File) { os.Stdin = f }(os.Stdin)
	os.Stdin = in
	r := &lookup.Resolver{}
	member := command("print", `{"a b":"x\n","n":1.50}`)
	member.Key = "a b"
	for _, c := range []struct {
		ref  secret.Reference
		want string
	}{
		{command("print", "tok\n\n"), "tok\n"},
		{command("print", " $HOME * \r\n"), " $HOME * "},
		{command("variable", "LOOKUP_TEST"), "of the environment"},
		{command("print", strings.Repeat("x", 64<<10)), strings.Repeat("x", 64<<10)},
		{member, "x"},
	} {
		if got, err := r.Resolve(t.Context(), c.ref); err != nil || got.Text.Reveal() != c.want || got.From != c.ref.String() || !got.Changed.IsZero() {
			t.Errorf("%s: %q %+v %v", c.ref.Name, got.Text.Reveal(), got, err)
		}
	}
}

func TestCommandsThatFail(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hunter2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	exec := func(name string) secret.Reference { return secret.Reference{Scheme: secret.Exec, Name: name} }
	for what, c := range map[string]struct {
		ref      secret.Reference
		says     string
		notFound bool
	}{
		"status":     {command("fail"), "the command ended with exit status 7; run it by hand", false},
		"flood":      {command("flood"), "what the command prints is larger than 64 KiB", false},
		"a bit much": {command("print", strings.Repeat("x", 64<<10+1)), "larger than 64 KiB", false},
		"silent":     {command("print", "\n"), "it is empty", false},
		"no program": {exec("no-such-program hunter2"), "there is no such program; write its whole path, or look at PATH; a builtin", true},
		"no path":    {exec("/no/such/program hunter2"), "there is no such program", true},
		"no right":   {exec(filepath.Join(dir, "hunter2"[:0]+"hunter2")), "this user may not run the program", false},
		"directory":  {exec(`"` + dir + `"`), "this user may not run the program", false},
		"quote":      {exec("'hunter2"), "quote that does not end", false},
	} {
		_, err := (&lookup.Resolver{}).Resolve(t.Context(), c.ref)
		if err == nil || !strings.Contains(err.Error(), c.says) || !isSetup(err) || isNotFound(err) != c.notFound {
			t.Errorf("%s: %v", what, err)
		}
		if what != "no right" && !tame(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// It is killed, not left behind.
func TestACommandEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		cancel()
		if err == nil {
			_, err = c.Read(make([]byte, 1)) // until it is dead
			c.Close()
		}
		gone <- err
	}()
	if _, err := (&lookup.Resolver{}).Resolve(ctx, command("hang", l.Addr().String())); !isCause(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-gone; !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("it lives: %v", err)
	}
}

func TestVariables(t *testing.T) {
	r := &lookup.Resolver{Getenv: func(name string) (string, bool) {
		v, ok := map[string]string{"A": "tok\n", "EMPTY": "", "J": `{"k":"v"}`, "BIG": strings.Repeat("x", 64<<10+1)}[name]
		return v, ok
	}}
	for ref, want := range map[string]string{"env:A": "tok", "env:J#k": "v", "env:J": `{"k":"v"}`} {
		if got, err := r.Resolve(t.Context(), parsed(ref)); err != nil || got.Text.Reveal() != want || got.From != ref {
			t.Errorf("%s: %q %+v %v", ref, got.Text.Reveal(), got, err)
		}
	}
	for ref, says := range map[string]string{
		"env:B": "look up env:B: there is no such environment variable; set it", "env:EMPTY": "it is empty", "env:BIG": "it is larger than 64 KiB",
	} {
		if _, err := r.Resolve(t.Context(), parsed(ref)); !isSetup(err) || isNotFound(err) != (ref == "env:B") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	t.Setenv("LOOKUP_TEST", "real")
	if got, err := (&lookup.Resolver{}).Resolve(t.Context(), parsed("env:LOOKUP_TEST")); err != nil || got.Text.Reveal() != "real" {
		t.Errorf("the zero value: %v", err)
	}
	if _, err := (&lookup.Resolver{}).Resolve(t.Context(), secret.Reference{Scheme: "vault", Name: "a"}); !isSetup(err) {
		t.Errorf("another scheme: %v", err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"t": "tok\r\n", "j#1": `{"k":{"type":"service_account"}}`, "max": strings.Repeat("x", 64<<10), "big": strings.Repeat("hunter2", 10000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &lookup.Resolver{}
	for ref, want := range map[string]string{"t": "tok", "j#1#k": `{"type":"service_account"}`, "j#1#": `{"k":{"type":"service_account"}}`, "max": strings.Repeat("x", 64<<10)} {
		ref = "file:" + dir + "/" + ref
		if got, err := r.Resolve(t.Context(), parsed(ref)); err != nil || got.Text.Reveal() != want || got.From != ref {
			t.Errorf("%s: %q %+v %v", ref, got.Text.Reveal(), got, err)
		}
	}
	for ref, says := range map[string]string{"none": "there is no such file", "big": "larger than 64 KiB", "": "cannot be read: is a directory"} {
		if _, err := r.Resolve(t.Context(), parsed("file:"+dir+"/"+ref)); !isSetup(err) || isNotFound(err) != (ref == "none") || !tame(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for says, err := range map[string]error{
		"this user may not read the file":                        &os.PathError{Op: "open", Path: "p", Err: syscall.EACCES},
		"the file cannot be read (*errors.errorString)":          errors.New("hunter2"),
		"look up file:p#k: it is larger than 64 KiB; is it the ": nil,
	} {
		r := &lookup.Resolver{ReadFile: func(path string) ([]byte, error) {
			if path != "p" {
				t.Errorf("read %s", path)
			}
			return make([]byte, 64<<10+1), err
		}}
		if _, err := r.Resolve(t.Context(), parsed("file:p#k")); !isSetup(err) || !tame(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// A file that is far too large is not read whole to find that out.
func TestALargeFileIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 64<<20)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := (&lookup.Resolver{}).Resolve(t.Context(), parsed("file:"+path))
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") || n > 4<<20 {
		t.Errorf("%v, and %d bytes were allocated", err, n)
	}
}

// A pipe that nobody writes to does not keep us.
func TestAFileThatGivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		r := &lookup.Resolver{ReadFile: func(string) ([]byte, error) { <-done; return nil, nil }}
		began := time.Now()
		_, err := r.Resolve(t.Context(), parsed("file:p"))
		if err == nil || time.Since(began) != 30*time.Second || !strings.Contains(err.Error(), "it took longer than 30s; does something write to it?") {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(done)
	})
}

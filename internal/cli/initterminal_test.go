package cli_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ssosync/internal/cli"
)

// A terminal is a pseudo terminal: what a program sees, and what is on the screen.
type terminal struct {
	keys *os.File // what people have
	tty  *os.File // what the program has

	mu      sync.Mutex
	screen  strings.Builder
	changed chan struct{} // holds one element when there is more on the screen
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := keys.SyscallConn() // Fd would make it block
	if err != nil {
		t.Fatal(err)
	}
	var n uint32
	var failed error
	err = raw.Control(func(fd uintptr) {
		var err1 error
		n, err1 = unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		failed = errors.Join(err1, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0),
			unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 160}))
	})
	if err = errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile("/dev/pts/"+itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &terminal{keys: keys, tty: tty, changed: make(chan struct{}, 1)}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			w.mu.Lock()
			w.screen.Write(buf[:n])
			w.mu.Unlock()
			select {
			case w.changed <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = tty.Close()
		_ = keys.Close()
		reading.Wait()
	})
	return w
}

// escapes are what moves on a terminal (ECMA-48: control sequences).
var escapes = regexp.MustCompile("\x1b\\[[^A-Za-z]*[A-Za-z]")

func itoa(n uint32) string {
	digits := ""
	for ; n > 0 || digits == ""; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

func (w *terminal) shown() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.screen.String()
}

// press waits until something is on the screen that was not there before, and
// then presses keys.
func (w *terminal) press(t *testing.T, after, keys string, since int) int {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for !strings.Contains(w.shown()[since:], after) {
		select {
		case <-w.changed:
		case <-late.C:
			t.Errorf("%q does not appear:\n%s", after, w.shown()[since:])
			return since
		}
	}
	at := len(w.shown())
	if _, err := w.keys.WriteString(keys); err != nil {
		t.Error(err)
	}
	return at
}

// silent waits until the terminal does not show what is typed.
func (w *terminal) silent(t *testing.T) {
	t.Helper()
	raw, err := w.keys.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(time.Millisecond) // nothing tells that a terminal's mode has changed
	defer look.Stop()
	for range 20_000 {
		shows := true
		if err := raw.Control(func(fd uintptr) {
			if mode, err := unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
				shows = mode.Lflag&unix.ECHO != 0
			}
		}); err != nil {
			t.Fatal(err)
		}
		if !shows {
			return
		}
		<-look.C
	}
	t.Error("what is typed is shown")
}

// start runs the program on the terminal, in a directory of its own. It is a
// process of its own, because bubbletea does not wait for what reads its keys
// when it is told to stop: the race detector does not like that, and has no say.
func (w *terminal) start(t *testing.T, environ []string, args ...string) (stdout func() string, code chan int) {
	t.Helper()
	t.Chdir(t.TempDir())
	out, err := os.Create("stdout")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "ssosync", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = w.tty, out, w.tty
	cmd.Env = append(os.Environ(), append(environ, "GORACE=exitcode=0 log_path=/dev/null atexit_sleep_ms=0")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	code = make(chan int, 1)
	go func() {
		_ = cmd.Wait() // its exit code tells
		code <- cmd.ProcessState.ExitCode()
	}()
	return func() string {
		b, err := os.ReadFile("stdout")
		return string(b) + errText(err)
	}, code
}

func errText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// On a terminal people choose with arrows, and a token is not shown.
func TestInitOnATerminal(t *testing.T) {
	w := newTerminal(t)
	stdout, code := w.start(t, []string{"TERM=xterm"}, "init")
	at := 0
	for _, step := range []struct{ after, keys string }{
		{"Where will ssosync run", "\r"},
		{"read Google's directory", "\x1b[B\x1b[B\r"},
		{"Google administrator", "admin@example.com\r"},
		{"key of the service account", "key.json\r"},
		{"SCIM endpoint", "https://scim.eu-west-1.amazonaws.com/t/scim/v2\r"},
		{"SCIM access token kept", "\r"},
		{"It is not shown", "d7a9-TOPSECRET\r"},
		{"already arrive", "\r"},
		{"Which groups", "\r"},
		{"is gone from Google", "\x1b[B\r"},
	} {
		at = w.press(t, step.after, step.keys, at)
		if t.Failed() {
			return
		}
	}
	if got := <-code; got != 0 {
		t.Fatalf("exit code %d: %s", got, w.shown())
	}
	screen := escapes.ReplaceAllString(w.shown(), "")
	if strings.Contains(screen+stdout(), "TOPSECRET") || strings.Contains(screen, "TOP") || !strings.Contains(screen, "***") {
		t.Errorf("the token is shown: %q", screen)
	}
	if info, err := os.Stat("ssosync.yaml"); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("ssosync.yaml: %v %v", info.Mode(), err)
	}
	for name, want := range map[string]string{"ssosync.yaml": "delete-after: never\n", ".env": "SCIM_TOKEN=d7a9-TOPSECRET\n"} {
		if b, err := os.ReadFile(name); err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s (%v) has no %q:\n%s", name, err, want, b)
		}
	}
	if info, err := os.Stat(".env"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf(".env: %v %v", info, err)
	}
}

// Ctrl-C leaves nothing behind, however one is asked.
func TestInitInterrupted(t *testing.T) {
	w := newTerminal(t)
	_, code := w.start(t, []string{"TERM=xterm"}, "init")
	at := w.press(t, "Where will ssosync run", "\r", 0)
	w.press(t, "read Google's directory", "\x03", at)
	if got := <-code; got != 130 {
		t.Errorf("exit code %d: %s", got, w.shown())
	}
	nothingIn(t, ".")
}

func TestInitInterruptedLineByLine(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	in, answers := io.Pipe()
	defer answers.Close()
	var out, stderr strings.Builder
	code := make(chan int, 1)
	go func() { code <- cli.Main(ctx, []string{"init"}, cli.Env{Stdin: in, Stdout: &out, Stderr: &stderr}) }()
	if _, err := io.WriteString(answers, "\n"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if got := <-code; got != 130 {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
	nothingIn(t, ".")
}

// Line by line on a terminal, for screen readers: a token is not shown either.
func TestInitAccessible(t *testing.T) {
	for _, how := range []struct{ environ, args []string }{
		{[]string{"TERM=xterm"}, []string{"init", "--accessible"}}, {[]string{"TERM=dumb"}, []string{"init"}}, {[]string{"TERM=xterm", "ACCESSIBLE=1"}, []string{"init"}},
	} {
		w := newTerminal(t)
		stdout, code := w.start(t, how.environ, append(how.args, "--google-access", "key-delegation", "-u", "a@example.com", "--google-key", "k.json", "-e", "https://scim.us-east-1.amazonaws.com/t/scim/v2",
			"--runs-on", "machine", "--manage", "all", "-g", "*", "--delete-after", "30d")...)
		at := w.press(t, "Answer [.env]:", "\n", 0)
		w.silent(t)
		w.press(t, "is not shown", "d7a9-TOPSECRET\n", at)
		if got := <-code; got != 0 || strings.Contains(w.shown()+stdout(), "TOPSECRET") || strings.Contains(w.shown(), "\x1b") {
			t.Errorf("%q: exit code %d: %q", how, got, w.shown())
		}
		if b, err := os.ReadFile(".env"); err != nil || !strings.Contains(string(b), "d7a9-TOPSECRET") {
			t.Errorf("%q: %q %v", how, b, err)
		}
	}
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "stdout" {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

// Where nothing can be written, nobody is asked, and nothing is left behind.
func TestInitWhereNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("ssosync.yaml", 0o750); err != nil {
		t.Fatal(err)
	}
	var out, stderr strings.Builder
	if code := cli.Main(t.Context(), []string{"init"}, cli.Env{Stdin: strings.NewReader("\n"), Stdout: &out, Stderr: &stderr}); code != 1 || !strings.Contains(stderr.String(), "ssosync.yaml: it is a directory") || strings.Contains(stderr.String(), "Where") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if err := os.Remove("ssosync.yaml"); err != nil {
		t.Fatal(err)
	}
	// a directory has the name of a file: that is not overwritten either
	if err := os.Mkdir("aws-policy.json", 0o750); err != nil {
		t.Fatal(err)
	}
	stderr.Reset()
	code := cli.Main(t.Context(), []string{"init", "--defaults", "--google-access", "key-delegation", "-u", "a@example.com", "--google-key", "k.json", "-e", "https://scim.us-east-1.amazonaws.com/t/scim/v2", "-t", "d7a9-TOPSECRET"},
		cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderr})
	if code != 0 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if _, err := os.Stat("aws-policy.json.new"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(".env"); errors.Is(err, os.ErrNotExist) || strings.Contains(out.String()+stderr.String(), "TOPSECRET") {
		t.Errorf("%v %s %s", err, out.String(), stderr.String())
	}
}

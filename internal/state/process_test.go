//go:build unix

package state

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the main of the child processes.
func TestMain(m *testing.M) {
	if job := os.Getenv("STATE_TEST_JOB"); job != "" {
		if err := work(job); err != nil {
			fmt.Println("error:", err)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// A numbered document is long enough for its pieces to be told apart.
func numbered(n int) []byte { return []byte(strings.Repeat(strconv.Itoa(n)+"\n", 3000)) }

// work is what a child does, in the directory where it starts. It says what it
// has done, line by line.
func work(job string) error {
	d, err := Open(".", target)
	if err != nil {
		return err
	}
	l, err := d.Lock(context.Background(), Owner{Command: job, Host: "a.example.com", PID: os.Getpid()})
	if err != nil {
		return err
	}
	fmt.Println("locked")
	switch job {
	case "hold":
		_, err = io.Copy(io.Discard, os.Stdin)
		return errors.Join(err, l.Release())
	case "write":
		return scribble(d)
	default:
		return cramped(d)
	}
}

// scribble writes for ever.
func scribble(d *Dir) error {
	log, err := d.OpenLog("journal.jsonl")
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := log.Append([]byte(strings.Repeat(strconv.Itoa(n)+" ", 3000))); err != nil {
			return err
		}
		fmt.Println("line", n)
		if err := d.Write("ledger.json", numbered(n)); err != nil {
			return err
		}
		fmt.Println("document", n)
	}
}

type process struct {
	*exec.Cmd
	in  io.Closer
	out *bufio.Scanner
}

func start(t *testing.T, job, root string) *process {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	p := &process{Cmd: exec.CommandContext(t.Context(), self)}
	p.Dir, p.Env = root, append(os.Environ(), "STATE_TEST_JOB="+job)
	in, err := p.StdinPipe()
	must(t, err)
	out, err := p.StdoutPipe()
	must(t, err)
	p.in, p.out = in, bufio.NewScanner(out)
	must(t, p.Start())
	return p
}

func (p *process) says() string {
	if !p.out.Scan() {
		return "nothing"
	}
	return p.out.Text()
}

// kill is kill -9. It returns what the process said that was not read yet.
func (p *process) kill(t *testing.T) (rest []string) {
	t.Helper()
	must(t, p.Process.Kill())
	for p.out.Scan() {
		rest = append(rest, p.out.Text())
	}
	if err := p.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	return rest
}

func TestProcessesExclude(t *testing.T) {
	d := open(t)
	root := filepath.Dir(d.Path())
	p := start(t, "hold", root)
	if s := p.says(); s != "locked" {
		t.Fatal(s)
	}
	_, err := d.Lock(t.Context(), ada)
	if h := held(t, err); h.Owner.PID != p.Process.Pid || h.Owner.Command != "hold" {
		t.Errorf("held by %+v, want process %d", h, p.Process.Pid)
	}
	q := start(t, "hold", root)
	if s := q.says(); !strings.Contains(s, fmt.Sprintf("process %d", p.Process.Pid)) {
		t.Errorf("the other says %q", s)
	}
	must(t, errors.Join(q.in.Close(), q.Wait()))
	must(t, errors.Join(p.in.Close(), p.Wait()))
	l, err := d.Lock(t.Context(), ada)
	must(t, err)
	must(t, l.Release())
}

// TestKillingTheHolder kills it at any moment, a lot. The next has the lock at
// once, and finds all that the dead one said that it had done.
func TestKillingTheHolder(t *testing.T) {
	d := open(t)
	lines, document := "", 0 // what is there
	for range 30 {
		p := start(t, "write", filepath.Dir(d.Path()))
		if s := p.says(); s != "locked" {
			t.Fatal(s)
		}
		var said []string
		for range rand.IntN(8) {
			said = append(said, p.says())
		}
		said = append(said, p.kill(t)...)
		l, err := d.Lock(t.Context(), Owner{Host: "a.example.com"})
		must(t, err)

		line := 0
		for _, s := range said {
			kind, n, _ := strings.Cut(s, " ")
			switch kind {
			case "line":
				line, _ = strconv.Atoi(n)
				lines += strings.Repeat(n+" ", 3000) + "\n"
			case "document":
				document, _ = strconv.Atoi(n)
			}
		}
		next := strings.Repeat(strconv.Itoa(line+1)+" ", 3000) + "\n"
		log, err := d.OpenLog("journal.jsonl")
		must(t, errors.Join(err, log.Close()))
		got := readLog(t, d)
		if got == lines+next { // it was killed before it could say so
			lines += next
		}
		if got != lines || len(log.Torn()) >= len(next) {
			t.Fatalf("after %q there are %d bytes and %d torn ones, want %d", said, len(got), len(log.Torn()), len(lines))
		}
		data, err := d.Read("ledger.json")
		if bytes.Equal(data, numbered(line)) || bytes.Equal(data, numbered(line+1)) {
			document, _ = strconv.Atoi(string(bytes.Fields(data)[0]))
		}
		if (document > 0 || !errors.Is(err, fs.ErrNotExist)) && !bytes.Equal(data, numbered(document)) {
			t.Fatalf("after %q the document is %.20q, %v", said, data, err)
		}
		must(t, l.Release())
	}
}

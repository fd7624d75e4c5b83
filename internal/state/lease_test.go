package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func owners() *rapid.Generator[Owner] {
	return rapid.Custom(func(rt *rapid.T) Owner {
		return Owner{
			Run: rapid.String().Draw(rt, "run"), Command: rapid.String().Draw(rt, "command"), User: rapid.String().Draw(rt, "user"),
			Host: rapid.StringN(0, 400, -1).Draw(rt, "host"), PID: rapid.Int().Draw(rt, "pid"),
			Started: time.Unix(rapid.Int64Range(0, 1<<33).Draw(rt, "started"), 7).In(time.FixedZone("", 3600)),
		}
	})
}

func TestDecodingALeaseUndoesEncoding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := Lease{
			Version: leaseVersion, Token: rapid.StringMatching(`[A-Z2-7]{26}`).Draw(rt, "token"), Owner: owners().Draw(rt, "owner").cleaned(),
			Expires: time.Unix(rapid.Int64Range(1, 1<<33).Draw(rt, "expires"), 5).UTC(),
		}
		data, err := l.Encode()
		must(t, err)
		if got, err := DecodeLease(data); err != nil || got != l {
			rt.Fatalf("%+v, %v", got, err)
		}
	})
}

// shown checks that an error can be shown, whatever went into it.
func shown(tb testing.TB, err error) {
	tb.Helper()
	s := err.Error()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || utf8.RuneCountInString(s) > 4*255+400 {
		tb.Errorf("%d characters: %q", utf8.RuneCountInString(s), s)
	}
}

func TestHostileOwnersAreCleaned(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := owners().Draw(rt, "owner")
		clean := o.cleaned()
		shown(t, &HeldError{Owner: clean, Expires: time.Now()})
		if clean.PID < 0 || clean != clean.cleaned() || !clean.Started.Equal(o.Started) {
			rt.Fatalf("%+v", clean)
		}
		if strings.IndexFunc(o.User, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && utf8.RuneCountInString(o.User) <= 255 && clean.User != o.User {
			rt.Fatalf("%q became %q", o.User, clean.User)
		}
	})
}

func FuzzDecodeLease(f *testing.F) {
	good, err := Lease{Version: 1, Token: "T", Owner: Owner{Command: "sync", Host: "h", PID: 1, Started: time.Unix(1, 0)}, Expires: time.Unix(9, 0)}.Encode()
	must(f, err)
	for _, seed := range []string{
		string(good), "", "null", "{}", "[]", `{"version":1}`, `{"version":1,"token":"x"}`, `{"version":2,"token":"x","expires":"2026-11-26T10:15:00Z"}`,
		`{"version":1,"token":"x","expires":"9999-12-31T23:59:59Z","owner":{"user":"\u202e\u001b[2J\n","pid":-1}}`,
		`{"version":1,"token":"x","expires":"2026-11-26T10:15:00+23:59","owner":{"pid":1e400}}`, string(good[:len(good)/2]), strings.Repeat("[", 20000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := DecodeLease(data)
		seen := found{there: true, data: data, written: time.Now(), lease: l, readable: err == nil}
		shown(t, seen.refusal(time.Now()))
		shown(t, &HeldError{Owner: l.Owner, Expires: l.Expires})
		if err != nil {
			if l != (Lease{}) {
				t.Errorf("%+v besides %v", l, err)
			}
			return
		}
		if l.Token == "" || l.Expires.IsZero() || l.Version != 1 {
			t.Errorf("took %+v", l)
		}
		again, err := l.Encode()
		if err != nil {
			return // a zone that pushes the year out of what JSON can say
		}
		if back, err := DecodeLease(again); err != nil || back != l {
			t.Errorf("%+v became %+v, %v", l, back, err)
		}
	})
}

func TestWhoIsNoLease(t *testing.T) {
	const good = `{"version":1,"token":"x","expires":"2026-11-26T10:15:00Z"}`
	if _, err := DecodeLease([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"version":1`, `"version":2`},
		{`"version":1,`, ``},
		{`"token":"x",`, ``},
		{`"token":"x"`, `"token":7`},
		{`"2026-11-26T10:15:00Z"`, `"soon"`},
		{`,"expires":"2026-11-26T10:15:00Z"`, ``},
		{`}`, ``},
		{`}`, `}}`},
	} {
		if l, err := DecodeLease([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%q is no reason not to take %+v", change, l)
		}
	}
}

func TestHeldErrorNamesTheHolder(t *testing.T) {
	at := time.Date(2026, 11, 26, 11, 15, 0, 0, time.FixedZone("CET", 3600))
	all := Owner{Run: "01JDKH", Command: "sync", User: "ada", Host: "build-7.example.com", PID: 4711, Started: at}
	for _, tt := range []struct {
		err  HeldError
		want string
	}{
		{HeldError{}, "another process holds the lock; wait for it to end or stop it, then run this again"},
		{HeldError{Expires: at}, "another process holds the lock; wait for it to end or stop it, then run this again (if it is dead already, the lock is free at 2026-11-26 10:15:00 UTC at the latest)"},
		{HeldError{Owner: all, Expires: at.Add(2 * time.Minute)}, "another run (sync, by ada@build-7.example.com, process 4711, run 01JDKH) holds the lock since 2026-11-26 10:15:00 UTC; wait for it to end or stop it, then run this again (if it is dead already, the lock is free at 2026-11-26 10:17:00 UTC at the latest)"},
		{HeldError{Owner: Owner{Host: "h"}}, "another run (on h) holds the lock; wait for it to end or stop it, then run this again"},
		{HeldError{Owner: Owner{User: "u", PID: 1}}, "another run (by u, process 1) holds the lock; wait for it to end or stop it, then run this again"},
		{HeldError{Owner: Owner{Started: at}}, "another process holds the lock since 2026-11-26 10:15:00 UTC; wait for it to end or stop it, then run this again"},
	} {
		if diff := cmp.Diff(tt.want, tt.err.Error()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestHolds is the truth about when a lease keeps others out.
func TestHolds(t *testing.T) {
	now := time.Date(2026, 11, 26, 10, 15, 0, 0, time.UTC)
	until := func(d time.Duration) found {
		return found{there: true, readable: true, written: now.Add(-time.Hour), lease: Lease{Owner: Owner{Command: "sync"}, Expires: now.Add(d)}}
	}
	garbage := func(age time.Duration) found { return found{there: true, written: now.Add(-age)} }
	aged := func(f found, age time.Duration) found { f.written = now.Add(-age); return f }
	for _, tt := range []struct {
		name string
		seen found
		want time.Duration // from now; 0: it does not hold
	}{
		{"nothing", found{}, 0},
		{"a moment left", until(1), 1},
		{"just expired", until(0), 0},
		{"long expired", until(-time.Hour), 0},
		{"a day ahead", until(24 * time.Hour), 24 * time.Hour},
		{"more than a day ahead, and old", until(24*time.Hour + 1), 0},
		{"a century ahead, and renewed", aged(until(876000*time.Hour), time.Minute), time.Minute},
		{"garbage, new", garbage(0), 2 * time.Minute},
		{"garbage, less than old", garbage(2*time.Minute - 1), 1},
		{"garbage, old", garbage(2 * time.Minute), 0},
		{"garbage, from a clock a bit ahead", garbage(-time.Minute), 3 * time.Minute},
		{"garbage, from the future", garbage(-2 * time.Minute), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, held := tt.seen.holds(now)
			if held != (tt.want > 0) || held && !got.Equal(now.Add(tt.want)) {
				t.Errorf("%v, until %v", held, got)
			}
			e := tt.seen.refusal(now)
			if want := (HeldError{Owner: tt.seen.lease.Owner, Expires: now.Add(tt.want)}); held && *e != want || !held && *e != (HeldError{}) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestPlacing is the same with names of second files and without.
func TestPlacing(t *testing.T) {
	d := open(t)
	path := filepath.Join(d.Path(), LeaseName)
	must(t, d.place(LeaseName, []byte("one")))
	if err := d.place(LeaseName, []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("placed over another: %v", err)
	}
	if err := link(path+".none", path, []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("placed over another: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "one" {
		t.Errorf("%q", data)
	}
	must(t, link(path+".none", path+".other", []byte("three"))) // there is nothing to link
	if data, _ := os.ReadFile(path + ".other"); string(data) != "three" {
		t.Errorf("%q", data)
	}
	if got := names(t, d.Path()); len(got) != 2 {
		t.Errorf("there is %q", got)
	}
}

func TestDisplacing(t *testing.T) {
	for _, tt := range []struct {
		name, there, seen, want string
	}{
		{"what was seen", "a", "a", ""},
		{"somebody was quicker", "b", "a", "b"},
		{"and took it away", "", "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t)
			if tt.there != "" {
				must(t, d.place(LeaseName, []byte(tt.there)))
			}
			must(t, d.displace(LeaseName, found{there: true, data: []byte(tt.seen)}))
			seen, err := d.find(LeaseName)
			if string(seen.data) != tt.want || seen.there != (tt.want != "") || err != nil {
				t.Errorf("%q, %v", seen.data, err)
			}
			if got := names(t, d.Path()); len(got) != len(tt.want) {
				t.Errorf("there is %q", got)
			}
		})
	}
}

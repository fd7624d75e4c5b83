package ledger_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
	"ssosync/internal/plan"
)

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lived(t)
		text := l.Encode()
		back := decode(t, text)
		if l.Good != nil {
			l.Good.At = l.Good.At.UTC()
		}
		if diff := cmp.Diff(l, back, whole); diff != "" {
			t.Fatal(diff)
		}
		if second := back.Encode(); !bytes.Equal(text, second) {
			t.Fatalf("decoding and encoding again:\n%s\n%s", text, second)
		}
	})
}

func TestEqualLedgersGiveEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gone, h := objects(t), held(t)
		failed := rapid.SliceOfNDistinct(rapid.Custom(attempt), 0, 5, func(a ledger.Attempt) ledger.Thing { return a.Thing }).Draw(t, "failed")
		unsure := doubts(t)
		names := map[string]string{} // what is twice has one name
		for i, o := range gone {
			if names[string(o.Kind)+o.ID] == "" {
				names[string(o.Kind)+o.ID] = "name of " + o.ID
			}
			gone[i].Name = names[string(o.Kind)+o.ID]
		}
		var texts [2][]byte
		for i := range texts {
			l := ledger.New(target, noon)
			l.Observe(noon, rapid.Permutation(gone).Draw(t, "gone"))
			for _, a := range rapid.Permutation(failed).Draw(t, "order") {
				l.Failed(noon, a)
			}
			l.Remember(identity.Held{State: h.Clone(), Blind: rapid.Permutation(h.Blind).Draw(t, "blind")}, unsure)
			texts[i] = l.Encode()
		}
		if !bytes.Equal(texts[0], texts[1]) {
			t.Fatalf("%s\n%s", texts[0], texts[1])
		}
	})
}

// a full ledger has something of everything.
func full() *ledger.Ledger {
	l := ledger.New(target, noon)
	l.Head = ledger.Head{Seq: 7, Hash: "c0ffee"}
	l.Good = &ledger.Good{
		At: noon, Source: plan.Size{Users: 3, Groups: 2, Members: 4},
		Matches: []ledger.Match{{identity.KindGroup, "name:aws-*", 2}}, Fingerprint: "f00",
	}
	l.Observe(noon, []ledger.Object{{identity.KindUser, "u9", "Bob"}, {identity.KindGroup, "g9", "Old"}})
	l.Failed(noon, ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindUser, Key: "k1", Group: "k2"}, Name: "Ann", GroupName: "Staff", Op: "join", Err: "no"})
	l.Failed(noon, ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindUser, Key: "k1"}, Name: "Ann", Op: "update", Digest: "d", Err: "400"})
	h := identity.NewHeld()
	h.Blind = []string{"profileUrl"}
	for _, id := range []identity.Key{"u1", "u2", "u3"} {
		h.Users[id] = identity.User{UserName: string(id), Active: id != "u2"}
		h.Members[identity.Membership{Group: "g1", User: id}] = true
	}
	h.Groups["g1"], h.Groups["g2"] = identity.Group{Name: "Staff", ExternalID: "01"}, identity.Group{Name: "Nobody"}
	l.Remember(h, func(_ identity.Kind, id identity.Key) bool { return id == "u3" })
	return l
}

// The form on disk outlives the program that wrote it.
func TestTheFormOnDisk(t *testing.T) {
	want := string(seal(`{"version":1,"target":"11111111111-2222","born":"2026-11-26T11:00:00.0000005Z","head":{"seq":7,"hash":"c0ffee"},` +
		`"good":{"at":"2026-11-26T11:00:00.0000005Z","source":{"users":3,"groups":2,"memberships":4},"matches":[{"kind":"group","query":"name:aws-*","found":2}],"fingerprint":"f00"},` +
		`"leavers":[{"kind":"group","id":"g9","name":"Old","since":"2026-11-26T11:00:00.0000005Z"},{"kind":"user","id":"u9","name":"Bob","since":"2026-11-26T11:00:00.0000005Z"}],` +
		`"failing":[{"kind":"user","key":"k1","name":"Ann","op":"update","digest":"d","err":"400","since":"2026-11-26T11:00:00.0000005Z","tries":1,"next":"2026-11-26T11:15:00.0000005Z"},` +
		`{"kind":"user","key":"k1","group":"k2","name":"Ann","groupName":"Staff","op":"join","err":"no","since":"2026-11-26T11:00:00.0000005Z","tries":1,"next":"2026-11-26T11:15:00.0000005Z"}],` +
		`"left":{"blind":["profileUrl"],"users":[{"id":"u1","user":{"userName":"u1","active":true}},{"id":"u2","user":{"userName":"u2","active":false}}],` +
		`"groups":[{"id":"g1","name":"Staff","externalId":"01","members":[0,1]},{"id":"g2","name":"Nobody"}],"unsure":["u3"]}`))
	if got := string(full().Encode()); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	text := full().Encode()
	for i := range text {
		for _, mask := range []byte{0x01, 0x02, 0x10, 0x20, 0x80} {
			damaged := bytes.Clone(text)
			damaged[i] ^= mask
			if l, err := ledger.Decode(damaged, target); err == nil {
				t.Errorf("byte %d, flipped with %#x, is believed: %s", i, mask, l.Encode())
			}
		}
	}
}

func TestEveryTruncationIsNoticed(t *testing.T) {
	text := full().Encode()
	for i := range text {
		if _, err := ledger.Decode(text[:i], target); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("cut at byte %d of %d: %v", i, len(text), err)
		}
		if _, err := ledger.Decode(append(bytes.Clone(text), text[:i+1]...), target); err == nil {
			t.Errorf("followed by its own first %d bytes, it is believed", i+1)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	const (
		head = `{"version":1,"target":"11111111111-2222","born":"2026-11-26T11:00:00Z","head":{"seq":1,"hash":""}`
		user = `{"id":"u1","user":{"active":true}}`
		date = `"2026-11-26T11:00:00Z"`
		fail = `"name":"","op":"","err":"","since":"2026-11-26T11:00:00Z","next":"2026-11-26T11:00:00Z"`
	)
	good := func(s string) string { return head + `,"good":` + s + `,"left":{}` }
	for _, c := range []struct{ name, text, want string }{
		{"another version", `{"version":2,"left":{}`, "version 2 is not known"},
		{"an old version", `{"version":-1,"left":{}`, "version -1 is not known"},
		{"a second version", head + `,"version":3`, "version 3 is not known"},
		{"no version", `{"target":"x"`, "no ledger"},
		{"half a version", `{"version":1.5`, "version"},
		{"another target", strings.Replace(head, "2222", "3333", 1), `of the target "11111111111-3333", not of "11111111111-2222"`},
		{"no date of birth", strings.Replace(head, date, `"0001-01-01T00:00:00Z"`, 1), "born: 0001-01-01 cannot be"},
		{"a birth before computers", strings.Replace(head, "2026", "1999", 1), "born: 1999-11-26 cannot be"},
		{"a distant birth", strings.Replace(head, "2026", "2200", 1), "born: 2200-11-26 cannot be"},
		{"no date", strings.Replace(head, date, `"soon"`, 1), "soon"},
		{"a negative line", strings.Replace(head, `"seq":1`, `"seq":-1`, 1), "head: a count is negative"},
		{"an unknown field", head + `,"mood":"good"`, `unknown field "mood"`},
		{"another document", head + `}{"x":1`, "something follows"},
		{"no JSON", head + `,"left":{]`, "invalid character"},
		{"good: no date", good(`{"source":{}}`), "good: at: 0001-01-01 cannot be"},
		{"good: negative users", good(`{"at":` + date + `,"source":{"users":-1}}`), "good: source: a count is negative"},
		{"good: negative groups", good(`{"at":` + date + `,"source":{"groups":-1}}`), "good: source: a count is negative"},
		{"good: negative memberships", good(`{"at":` + date + `,"source":{"memberships":-1}}`), "good: source: a count is negative"},
		{"good: negative match", good(`{"at":` + date + `,"matches":[{"kind":"user","found":-1}]}`), "good: match 0: a count is negative"},
		{"good: a strange match", good(`{"at":` + date + `,"matches":[{"kind":"user"},{"kind":"dog"}]}`), `good: match 1: there is no kind "dog"`},
		{"good: too many", good(`{"at":` + date + `,"source":{"users":99999999999999999999}}`), "99999999999999999999"},
		{"leavers: twice", head + `,"leavers":[{"kind":"user","id":"a","since":` + date + `},{"kind":"user","id":"a","since":` + date + `}]`, "leavers: entry 1: it is there twice"},
		{"leavers: unsorted", head + `,"leavers":[{"kind":"user","id":"a","since":` + date + `},{"kind":"group","id":"a","since":` + date + `}]`, "leavers: entry 1: it is out of order"},
		{"leavers: no date", head + `,"leavers":[{"kind":"user","id":"a"}]`, "leavers: entry 0: since: 0001-01-01 cannot be"},
		{"leavers: no kind", head + `,"leavers":[{"since":` + date + `}]`, `leavers: entry 0: there is no kind ""`},
		{"leavers: unknown field", head + `,"leavers":[{"Since2":1}]`, `leavers: entry 0: json: unknown field "Since2"`},
		{"leavers: no list", head + `,"leavers":{}`, "leavers: this is no list"},
		{"leavers: null", head + `,"leavers":null`, "leavers: this is no list"},
		{"failing: twice", head + `,"failing":[{"kind":"user","key":"a","tries":1,` + fail + `},{"kind":"user","key":"a","tries":1,` + fail + `}]`, "failing: entry 1: it is there twice"},
		{"failing: never tried", head + `,"failing":[{"kind":"user","key":"a","tries":0,` + fail + `}]`, "failing: entry 0: it was tried 0 times"},
		{"failing: no kind", head + `,"failing":[{"tries":1,` + fail + `}]`, `failing: entry 0: there is no kind`},
		{"failing: no since", head + `,"failing":[{"kind":"user","tries":1,"next":` + date + `}]`, "failing: entry 0: since: 0001-01-01 cannot be"},
		{"failing: no next", head + `,"failing":[{"kind":"user","tries":1,"since":` + date + `}]`, "failing: entry 0: next: 0001-01-01 cannot be"},
		{"users: twice", head + `,"left":{"users":[` + user + `,` + user + `]}`, "left: users: entry 1: it is there twice"},
		{"users: unsorted", head + `,"left":{"users":[` + user + `,{"id":"a","user":{"active":true}}]}`, "left: users: entry 1: it is out of order"},
		{"users: without attributes", head + `,"left":{"users":[{"id":"u1"}]}`, "left: users: entry 0: it has no attributes"},
		{"users: null", head + `,"left":{"users":[null]}`, "left: users: entry 0: it has no attributes"},
		{"users: a strange attribute", head + `,"left":{"users":[{"id":"u1","user":{"active":true,"shoe":"45"}}]}`, `left: users: entry 0: decode user: there is no attribute "shoe"`},
		{"groups: twice", head + `,"left":{"groups":[{"id":"g"},{"id":"g"}]}`, "left: groups: entry 1: it is there twice"},
		{"groups: a member who is not there", head + `,"left":{"users":[` + user + `],"groups":[{"id":"g","members":[0,1]}]}`, `left: group "g" has member 1 of 1 users`},
		{"groups: negative member", head + `,"left":{"users":[` + user + `],"groups":[{"id":"g","members":[-1]}]}`, "left: groups: entry 0: its members are not in order"},
		{"groups: a member twice", head + `,"left":{"users":[` + user + `],"groups":[{"id":"g","members":[0,0]}]}`, "left: groups: entry 0: its members are not in order"},
		{"groups: far members", head + `,"left":{"groups":[{"id":"g","members":[` + fmt.Sprint(math.MaxInt64) + `]}]}`, `has member 9223372036854775807 of 0 users`},
		{"unsure: twice", head + `,"left":{"unsure":["a","a"]}`, "left: what is not known is not in order"},
		{"blind: unsorted", head + `,"left":{"blind":["b","a"]}`, "left: what is not known is not in order"},
	} {
		_, err := ledger.Decode(seal(c.text), target)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "decode ledger: ") {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	decode(t, seal(head+`,"good":{"at":`+date+`},"failing":[{"kind":"user","key":"a","tries":1,`+fail+`}],"left":{"users":[`+user+`],"groups":[{"id":"g","members":[0]}]}`))
}

func TestShortDataIsDamaged(t *testing.T) {
	for _, text := range []string{"", "\"}\n", "{\"version\":1,\"}\n", "{\"version\":1", string(seal(""))} {
		if _, err := ledger.Decode([]byte(text), target); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Others may write times of other zones, and a list twice: the last one counts,
// as everywhere in JSON.
func TestWhatIsTakenAllTheSame(t *testing.T) {
	const date = `"2026-11-26T12:00:00+01:00"`
	l := decode(t, seal(`{"version":1,"target":"11111111111-2222","born":`+date+`,"good":{"at":`+date+`},`+
		`"leavers":[{"kind":"user","id":"b","since":`+date+`}],"leavers":[{"kind":"user","id":"a","since":`+date+`}],`+
		`"failing":[{"kind":"user","key":"a","tries":1,"since":`+date+`,"next":`+date+`}]`))
	all := l.Leavers()
	if len(all) != 1 || all[0].ID != "a" {
		t.Fatalf("%+v", all)
	}
	for i, at := range []time.Time{l.Born, l.Good.At, all[0].Since, l.Failing()[0].Since, l.Failing()[0].Next} {
		if at.Location() != time.UTC || at.Hour() != 11 {
			t.Errorf("time %d is %s", i, at)
		}
	}
}

func TestEncodeChangesNothing(t *testing.T) {
	l := full()
	before := *l.Good
	l.Encode()
	if l.Good.At.Location() != noon.Location() || l.Good.At != before.At {
		t.Errorf("%+v", l.Good)
	}
	other := full()
	other.Born = noon // as it was, in another zone
	if !bytes.Equal(other.Encode(), l.Encode()) {
		t.Errorf("%s", other.Encode())
	}
}

// Another version may end in another way, and is told all the same.
func TestAnotherVersionIsNoDamage(t *testing.T) {
	if _, err := ledger.Decode([]byte("{\"version\":2,\"crc\":7}\n"), target); err == nil || !strings.Contains(err.Error(), "version 2 is not known") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, text := range []string{`{"version":1,"` + long + `":1`, `{"version":1,"target":"` + long + `","born":"2026-11-26T11:00:00Z"`, `{"version":1,"left":{"users":[{"id":"` + long + `","user":"` + long + `"}]}`} {
		if _, err := ledger.Decode(seal(text), target); err == nil || len(err.Error()) > 4096 {
			t.Errorf("%.5000v", err)
		}
	}
}

// What is made of hostile data must not be much larger than the data.
func TestHostileDataStaysSmall(t *testing.T) {
	const head = `{"version":1,"target":"11111111111-2222","born":"2026-11-26T11:00:00Z",`
	for form, one := range map[string]string{
		`"left":{"users":[%s{}]}`: `{},`, `"left":{"users":[%s0] }`: `null,`, `"left":{"groups":[%s{}]}`: `{},`, `"leavers":[%s{}]`: `{},`, `"failing":[%s{}]`: `{},`,
		`"left":{"groups":[{"id":"g","members":[%s0]}]}`: `0,`, `"left":{"unsure":[%s""]}`: `"",`, `"good":{"matches":[%s{}]}`: `{},`,
		`"left":{"users":[{"id":"u","user":{"active":[%s0]}}]}`: `[],`, `"left":{"users":[{"id":"u","user":{%s"active":true}}]}`: `"":0,`, `"left":%s0`: `[`,
	} {
		data := seal(head + fmt.Sprintf(form, strings.Repeat(one, (1<<20)/len(one))))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := ledger.Decode(data, target); err == nil {
			t.Errorf("%s is believed", form)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 100*uint64(len(data)) {
			t.Errorf("%s: %d bytes take %d", form, len(data), n)
		} else {
			t.Logf("%s: %d bytes take %d", form, len(data), n)
		}
	}
}

// Whatever the clock says, a ledger can be written; what was written by a clock
// that cannot be right is refused.
func TestAbsurdClocks(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(0, 0), time.Unix(1<<40, 0), time.Unix(-1<<40, 0)} {
		l := ledger.New(target, now)
		l.Good = &ledger.Good{At: now}
		l.Observe(now, []ledger.Object{{identity.KindUser, "u", ""}})
		l.Failed(now, ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindUser, Key: "k"}})
		if _, err := ledger.Decode(l.Encode(), target); err == nil || !strings.Contains(err.Error(), "cannot be") {
			t.Errorf("%s: got %v", now, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	text := full().Encode()
	f.Add(text)
	f.Add(text[:bytes.LastIndex(text, []byte(`,"sha256"`))])
	f.Add([]byte(`{"version":1,"target":"11111111111-2222","born":"2026-11-26T11:00:00Z","left":{"users":[],"groups":[{"id":"g","members":[]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, d := range [][]byte{data, seal(string(data))} {
			l, err := ledger.Decode(d, target)
			if err != nil {
				continue
			}
			if diff := cmp.Diff(l, again(t, l), whole); diff != "" {
				t.Fatal(diff)
			}
			h := identity.NewHeld()
			for _, c := range l.Drift(h) {
				if c.What != ledger.Deleted {
					t.Errorf("%+v, where there is nothing", c)
				}
			}
			for _, f := range l.Failing() {
				if !l.Paused(f.Next.Add(-1), f.Thing, f.Digest) {
					t.Errorf("%+v is not paused", f)
				}
			}
			for _, o := range l.Leavers() {
				if since, ok := l.Since(o.Kind, o.ID); !ok || !since.Equal(o.Since) {
					t.Errorf("%+v is gone since %s", o, since)
				}
			}
		}
	})
}

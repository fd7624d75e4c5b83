package ledger_test

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/ledger"
	"ssosync/internal/plan"
)

const target = "11111111111-2222"

// noon is when the tests begin, in a zone that is not UTC.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 500, time.FixedZone("", 3600))

// whole compares ledgers in all that they have, be it exported or not.
var whole = cmp.Options{cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty()}

var kinds = []identity.Kind{identity.KindUser, identity.KindGroup}

// later draws a time some hours after now, or now and then before it.
func later(t *rapid.T, now time.Time) time.Time {
	return now.Add(time.Duration(rapid.IntRange(-600, 6000).Draw(t, "minutes")) * time.Minute)
}

func objects(t *rapid.T) []ledger.Object {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ledger.Object {
		return ledger.Object{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ID: rapid.SampledFrom([]string{"a", "b", "ç", "<d>"}).Draw(t, "id"),
			Name: rapid.SampledFrom([]string{"", "Ann", "\x00\u2028"}).Draw(t, "name"),
		}
	}), 0, 6).Draw(t, "objects")
}

func thing(t *rapid.T) ledger.Thing {
	return ledger.Thing{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Key: identity.Key(gen.UserID(rapid.IntRange(0, 2).Draw(t, "key"))),
		Group: rapid.SampledFrom([]identity.Key{"", "g"}).Draw(t, "group"),
	}
}

func attempt(t *rapid.T) ledger.Attempt {
	return ledger.Attempt{
		Thing: thing(t), Name: "Ann", GroupName: "Staff", Op: "create",
		Digest: rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "digest"), Err: rapid.String().Draw(t, "err"),
	}
}

// held draws what a target holds, with some more attributes than gen does, and
// some that are not seen.
func held(t *rapid.T) identity.Held {
	h := gen.Held(gen.State(t))
	for id, u := range h.Users {
		if rapid.IntRange(0, 2).Draw(t, "more") == 0 {
			a := rapid.SampledFrom(identity.Attrs).Draw(t, "attribute")
			*a.Field(&u) = rapid.SampledFrom([]string{"", "x", "\"<y>\""}).Draw(t, "value")
			h.Users[id] = u
		}
	}
	for id, g := range h.Groups {
		if rapid.IntRange(0, 5).Draw(t, "unowned") == 0 {
			g.ExternalID = ""
			h.Groups[id] = g
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "blind") {
		h.Blind = append(h.Blind, rapid.SampledFrom(identity.Attrs).Draw(t, "path").Path)
	}
	return h
}

// doubts draws what is not known for sure.
func doubts(t *rapid.T) (unsure func(identity.Kind, identity.Key) bool) {
	if rapid.Bool().Draw(t, "sure") {
		return nil
	}
	doubt := map[identity.Kind]map[identity.Key]bool{identity.KindUser: {}, identity.KindGroup: {}}
	for i := range 6 {
		doubt[identity.KindUser][identity.Key(gen.UserID(i))] = rapid.IntRange(0, 4).Draw(t, "unsure user") == 0
		doubt[identity.KindGroup][identity.Key(gen.GroupID(i))] = rapid.IntRange(0, 4).Draw(t, "unsure group") == 0
	}
	return func(kind identity.Kind, id identity.Key) bool { return doubt[kind][id] }
}

// lived draws a ledger that has seen a lot.
func lived(t *rapid.T) *ledger.Ledger {
	now := noon
	l := ledger.New(target, now)
	for range rapid.IntRange(0, 8).Draw(t, "runs") {
		now = later(t, now)
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			l.Observe(now, objects(t))
		case 1:
			l.Failed(now, attempt(t))
		case 2:
			l.Passed(thing(t))
		case 3:
			h := held(t)
			l.Remember(h, doubts(t))
		case 4:
			l.Good = &ledger.Good{At: now, Source: plan.Size{Users: 3, Groups: 2, Members: 1}, Fingerprint: rapid.String().Draw(t, "fingerprint")}
			for range rapid.IntRange(0, 2).Draw(t, "matches") {
				l.Good.Matches = append(l.Good.Matches, ledger.Match{Kind: identity.KindGroup, Query: "name:*", Found: rapid.IntRange(0, 9).Draw(t, "found")})
			}
		default:
			l.Head = ledger.Head{Seq: rapid.IntRange(0, 99).Draw(t, "seq"), Hash: "c0ffee"}
		}
	}
	return l
}

// seal ends a document that is open still, with its checksum.
func seal(text string) []byte {
	return fmt.Appendf(nil, "%s,\"sha256\":\"%x\"}\n", text, sha256.Sum256([]byte(text)))
}

func decode(t rapid.TB, data []byte) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Decode(data, target)
	if err != nil {
		t.Fatalf("%v:\n%s", err, data)
	}
	return l
}

// again returns a ledger after it was written and read: it gives the same answers.
func again(t rapid.TB, l *ledger.Ledger) *ledger.Ledger {
	t.Helper()
	return decode(t, l.Encode())
}

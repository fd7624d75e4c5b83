package planfile_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		refusals := drawRefusals(t)
		f, err := planfile.New(p, refusals, options)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, f.Plan, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal("it is another plan:", diff)
		}
		_ = f.Approve("kim", "audit", made)
		back, err := planfile.Decode(encode(t, f))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, back); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(refusals, back.Refusals, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEqualPlansAreEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFile(t)
		again, err := planfile.New(copied(t, f.Plan), slices.Clone(f.Refusals), options)
		if err != nil {
			t.Fatal(err)
		}
		again.Approvals = slices.Clone(f.Approvals)
		if a, b := encode(t, f), encode(t, again); !bytes.Equal(a, b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

// Crockford: the letters are those of the alphabet without I, L, O and U.
func TestAnIDIsTheBeginningOfTheDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options
		o.Tool = rapid.String().Draw(t, "tool")
		f, err := planfile.New(plan.Plan{}, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		var n uint64
		for _, r := range strings.ReplaceAll(f.ID, "-", "") {
			digit := strings.IndexRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", r)
			if digit < 0 {
				t.Fatalf("%c is in %s", r, f.ID)
			}
			n = n*32 + uint64(digit)
		}
		if got := fmt.Sprintf("%010x", n); got != f.Digest[:10] || len(f.ID) != 9 || f.ID[4] != '-' {
			t.Errorf("%s is %s, not the beginning of %s", f.ID, got, f.Digest)
		}
	})
}

func TestWhatIsNotAsItWasWrittenIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := encode(t, drawFile(t))
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		flipped := slices.Clone(data)
		flipped[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		for name, bad := range map[string][]byte{
			"a bit flipped": flipped, "cut off": data[:at],
			"a byte missing": slices.Delete(slices.Clone(data), at, at+1),
			"more behind it": append(slices.Clone(data), data[at]),
		} {
			if _, err := planfile.Decode(bad); err == nil {
				t.Fatalf("%s at %d: it is taken for a plan", name, at)
			}
		}
	})
}

// Nobody who looks at a plan is shown anything else than what is in it.
func TestNothingInAFileIsObeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range string(encode(t, drawFile(t))) {
			switch {
			case r < ' ' && r != '\n', 0x7f <= r && r < 0xa0, r == 0xad, 0x200b <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e,
				0x2060 <= r && r <= 0x206f, r == 0xfeff, r&0xfffe == 0xfffe, 0xe0000 <= r && r <= 0xe007f:
				t.Fatalf("%U is in the file", r)
			}
		}
	})
}

func TestAnApprovalIsOfOnePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, other := drawFile(t), drawFile(t)
		f.Approvals = nil
		if len(f.Lifted()) > 0 {
			t.Fatal("a plan that nobody approved lifts", f.Lifted())
		}
		err := f.Approve("kim", "audit", made)
		var want []string
		for _, r := range f.Refusals {
			if r.Acceptable && !slices.Contains(want, r.Guard) {
				want = append(want, r.Guard)
			}
		}
		if diff := cmp.Diff(want, f.Lifted()); diff != "" || (err == nil) != (len(want) > 0) {
			t.Fatal(err, diff)
		}
		if f.Digest == other.Digest || err != nil {
			return
		}
		other.Approvals = f.Approvals
		if len(other.Lifted()) > 0 {
			t.Fatalf("the approval of %s lifts %v of %s", f.ID, other.Lifted(), other.ID)
		}
		if _, err := other.Encode(); err == nil {
			t.Fatal("a file with another one's approval is written")
		}
	})
}

func TestAPlanIsLikeItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if d := planfile.Compare(p, copied(t, p), identity.NewHeld()); len(d) > 0 {
			t.Fatal(d)
		}
	})
}

// unlike returns the changes of p that are not literally in q.
func unlike(p, q plan.Plan) (objects []planfile.Object) {
	proof := func(p plan.Plan, k identity.Key) plan.Proof { return p.Evidence[k].Proof }
	for _, c := range p.Users {
		boss := func(p plan.Plan, u identity.User) string { return p.Subjects.Users[identity.Key(u.Manager)].ID }
		if !slices.ContainsFunc(q.Users, func(d plan.Change[identity.User]) bool {
			d.Cause = c.Cause
			return cmp.Equal(c, d, cmpopts.EquateEmpty()) && p.Subjects.Users[c.Key] == q.Subjects.Users[c.Key] && proof(p, c.Key) == proof(q, c.Key) &&
				boss(p, c.Before) == boss(q, c.Before) && boss(p, c.After) == boss(q, c.After)
		}) {
			objects = append(objects, planfile.Object{Kind: identity.KindUser, Name: p.Subjects.Users[c.Key].Name})
		}
	}
	for _, c := range p.Groups {
		if !slices.ContainsFunc(q.Groups, func(d plan.Change[identity.Group]) bool {
			d.Cause = c.Cause
			return cmp.Equal(c, d, cmpopts.EquateEmpty()) && p.Subjects.Groups[c.Key] == q.Subjects.Groups[c.Key] && proof(p, c.Key) == proof(q, c.Key)
		}) {
			objects = append(objects, planfile.Object{Kind: identity.KindGroup, Name: p.Subjects.Groups[c.Key].Name})
		}
	}
	for i, moves := range [][2][]plan.Move{{p.Join, q.Join}, {p.Leave, q.Leave}} {
		for _, m := range moves[0] {
			whole := func(p plan.Plan) bool { return i == 1 && slices.Contains(p.Emptied, m.Group) }
			if !slices.ContainsFunc(moves[1], func(n plan.Move) bool {
				return m.Membership == n.Membership && m.Evidence.Proof == n.Evidence.Proof && whole(p) == whole(q) &&
					(!whole(p) || proof(p, m.Group) == proof(q, m.Group)) &&
					p.Subjects.Users[m.User] == q.Subjects.Users[m.User] && p.Subjects.Groups[m.Group] == q.Subjects.Groups[m.Group]
			}) {
				objects = append(objects, planfile.Object{Kind: identity.KindUser, Name: p.Subjects.Users[m.User].Name, Group: p.Subjects.Groups[m.Group].Name})
			}
		}
	}
	return objects
}

func TestADifferenceIsAChangeThatIsNotLiterallyThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		q := copied(t, p)
		for range rapid.IntRange(0, 3).Draw(t, "drifts") {
			drift(t, &q)
		}
		var got []planfile.Object
		for _, d := range planfile.Compare(p, q, identity.NewHeld()) {
			got = append(got, d.Object)
			if d.How == "" {
				t.Errorf("nothing is said of %s", d.Object)
			}
		}
		if diff := cmp.Diff(unlike(p, q), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWhatIsDoneAndWhatIsNotWantedAreToldApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := gen.State(t), gen.State(t)
		before, after := held(have), held(want)
		for k := range want.Users { // what was there keeps its id
			if _, there := have.Users[k]; !there {
				after.Records.Users[k] = identity.Record{ID: "made-" + string(k)}
			}
		}
		p := plan.Build(want, before, nil)
		for _, c := range []struct {
			how   string
			fresh plan.Plan
			have  identity.Held
		}{
			{"is done already", plan.Build(want, after, nil), after},
			{"is not wanted any more", plan.Build(have, before, nil), before},
		} {
			got := planfile.Compare(p, c.fresh, c.have)
			if len(got) != p.Size() {
				t.Fatalf("%d differences of %d changes", len(got), p.Size())
			}
			for _, d := range got {
				if d.How != c.how {
					t.Errorf("%s, which %s", d, c.how)
				}
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	data := encode(f, example(f))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(`{"format":"ssosync-plan","version":1}`))
	f.Add([]byte(`{"format":"ssosync-plan","version":1,"plan":{"users":[{"before":{"active":0}}]}}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := planfile.Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(encode(t, file), data) {
			t.Error("it is written in another way")
		}
	})
}

package planfile_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

// resealed replaces something in a plan and gives it the digests that fit, as
// somebody would who knows how they are made.
func resealed(t *testing.T, data []byte, from, to string) []byte {
	t.Helper()
	text := string(data)
	if !strings.Contains(text, from) {
		t.Fatalf("there is no %q in it", from)
	}
	text = strings.Replace(text, from, to, 1)
	above := text[:strings.Index(text, "\n  \"digest\": \"")+1]
	sum := sha256.Sum256([]byte(above))
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	bits := uint64(0)
	for _, b := range sum[:5] {
		bits = bits<<8 | uint64(b)
	}
	id := ""
	for i := range 8 {
		id += string(crockford[bits>>(35-5*i)&31])
	}
	below := text[len(above):]
	below = regexp.MustCompile(`^  "digest": "[^"]*"`).ReplaceAllString(below, `  "digest": "`+hex.EncodeToString(sum[:])+`"`)
	below = regexp.MustCompile(`(?m)^  "id": "[^"]*"`).ReplaceAllString(below, `  "id": "`+id[:4]+"-"+id[4:]+`"`)
	return []byte(above + below)
}

// plain is the example before anybody approved it.
func plain(t *testing.T) planfile.File {
	f := example(t)
	f.Approvals = nil
	return f
}

// The digest is of all lines above it, as the documentation says.
func TestTheDigestCanBeCheckedByHand(t *testing.T) {
	data := encode(t, plain(t))
	if diff := cmp.Diff(string(data), string(resealed(t, data, "leo@", "leo@"))); diff != "" {
		t.Error(diff)
	}
	other, err := planfile.Decode(resealed(t, data, `"target": "d-9967000000"`, `"target": "d-1"`))
	if err != nil || other.Target != "d-1" || other.ID == plain(t).ID {
		t.Errorf("%v %s %s", err, other.Target, other.ID)
	}
}

func TestWhatIsNoPlan(t *testing.T) {
	data := string(encode(t, example(t)))
	seal := func(from, to string) string { return string(resealed(t, encode(t, plain(t)), from, to)) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {" \n", "the file is empty"},
		"page":             {"<!DOCTYPE html>", "a page for people"},
		"text":             {"Plan 7Q4K-92MD", "not a plan as plan --out writes it"},
		"list":             {"[]", "not a plan as plan --out writes it"},
		"report":           {`{"version":1,"outcome":"planned"}`, "a report, as --output json writes it"},
		"other":            {`{"format":"tfplan"}`, `its format is "tfplan", not "ssosync-plan"`},
		"long":             {`{"format":"` + strings.Repeat("x", 99) + `"}`, strings.Repeat("x", 64) + `"`},
		"other type":       {`{"format":7}`, "not a plan as plan --out writes it"},
		"newer":            {`{"format":"ssosync-plan","version":2,"plans":[]}`, "version 2 of the schema, and this one knows 1): upgrade ssosync"},
		"no version":       {`{"format":"ssosync-plan"}`, "no version 0"},
		"nothing else":     {`{"format":"ssosync-plan","version":1}`, "edited"},
		"cut off":          {data[:len(data)/2], "cut off"},
		"last line":        {data[:len(data)-3], "cut off"},
		"damaged":          {strings.Replace(data, `"plan":`, `"plan"`, 1), "damaged at byte"},
		"garbage":          {data + "{}", "damaged at byte"},
		"edited":           {strings.Replace(data, "leo@", "lea@", 1), "edited"},
		"extended":         {strings.Replace(data, `"users": [`, `"more": [], "users": [`, 1), `unknown field "more"`},
		"shoe size":        {strings.Replace(data, `"active": true`, `"active": true, "shoeSize": "45"`, 1), `there is no attribute "shoeSize"`},
		"id":               {strings.Replace(data, `"id": "`+example(t).ID, `"id": "AAAA-AAAA`, 1), "edited"},
		"reformatted":      {strings.ReplaceAll(data, "\n", "\r\n"), "reformatted"},
		"another escape":   {strings.Replace(data, `"Leo is`, `"\u004ceo is`, 1), "reformatted"},
		"rests on nothing": {seal(`"digest": "6ffc`, `"digest": "6ffd`), "edited"},
		"twice":            {seal(`  "tool": "ssosync 3.0"`, "  \"tool\": \"ssosync 3.0\",\n  \"tool\": \"ssosync 3.0\""), "edited"},
		"in other letters": {seal(`"tool"`, `"TOOL"`), "edited"},
		"null":             {seal(`"join": []`, `"join": null`), "edited"},
		"made elsewhere":   {seal(`"2026-11-24T08:12:30Z"`, `"2026-11-24T09:12:30+01:00"`), "edited"},
		"approved there":   {strings.Replace(data, `"2026-11-24T08:54:30Z"`, `"2026-11-24T09:54:30+01:00"`, 1), "reformatted"},
		"no guards":        {regexp.MustCompile(`"guards": \[[^]]*\]`).ReplaceAllString(data, `"guards": null`), "approval 1"},
		"time zone":        {seal(`"2026-11-25T08:12:30Z"`, `"2026-11-25T09:12:30+01:00"`), "edited"},
		"approver":         {strings.Replace(data, "kim@", "eva@", 1), `approval 1, by "eva@example.com", was edited`},
		"reason":           {strings.Replace(data, "sales", "Sales", 1), "approval 1"},
	} {
		f, err := planfile.Decode([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "decode plan: ") {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
		if diff := cmp.Diff(planfile.File{}, f); diff != "" {
			t.Errorf("%s: with an error comes %s", name, diff)
		}
	}
}

func TestAFileHasABound(t *testing.T) {
	if _, err := planfile.Decode(make([]byte, planfile.MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "268435457 bytes, more than 268435456") {
		t.Error(err)
	}
}

func TestWhatCannotBeWrittenDownIsRefused(t *testing.T) {
	broken := plan.Change[identity.Group]{Op: plan.Create, Key: "k", After: identity.Group{Name: "\xff"}}
	for name, c := range map[string]struct {
		p plan.Plan
		o func(*planfile.Options)
	}{
		"name":     {plan.Plan{Groups: []plan.Change[identity.Group]{broken}}, func(*planfile.Options) {}},
		"key":      {plan.Plan{Emptied: []identity.Key{"\xff"}}, func(*planfile.Options) {}},
		"subjects": {plan.Plan{Subjects: plan.Subjects{Users: map[identity.Key]plan.Subject{"\xff": {}, "\xfe": {}}}}, func(*planfile.Options) {}},
		"target":   {plan.Plan{}, func(o *planfile.Options) { o.Target = "\xff" }},
		"time":     {plan.Plan{}, func(o *planfile.Options) { o.Expires = made.AddDate(9999, 0, 0) }},
		"expired":  {plan.Plan{}, func(o *planfile.Options) { o.Expires = o.Created.Add(time.Second - 1) }},
	} {
		o := options
		c.o(&o)
		if f, err := planfile.New(c.p, nil, o); err == nil || f.ID != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (planfile.File{}).Encode(); err == nil {
		t.Error("a file that nobody made is written")
	}
	f := example(t)
	f.ID = "7Q4K-92MD"
	if _, err := f.Encode(); err == nil {
		t.Error("a plan is written under another one's id")
	}
	f = example(t)
	f.Plan.Leave = nil
	if _, err := f.Encode(); err == nil || !strings.Contains(err.Error(), "edited after it was made") {
		t.Error("a plan that was changed is written:", err)
	}
}

func TestAFileSharesNothingWithItsPlan(t *testing.T) {
	p := example(t).Plan
	p.Evidence = map[identity.Key]plan.Evidence{leo: {Proof: plan.ProofGone}}
	p.Emptied, p.Unproven = []identity.Key{dev}, []plan.Unproven{{Name: "eva"}}
	refusals := []guard.Refusal{{Guard: "users"}}
	f, err := planfile.New(p, refusals, options)
	if err != nil {
		t.Fatal(err)
	}
	p.Users[0].Op, p.Leave[0].User, p.Emptied[0], p.Unproven[0].Name, refusals[0].Guard = plan.Delete, zoe, "", "", ""
	p.Users[0].Fields[0].Attr = "x"
	clear(p.Evidence)
	clear(p.Base.Members)
	clear(p.Subjects.Users)
	if _, err := f.Encode(); err != nil {
		t.Error(err)
	}
}

func TestTimesAreWholeSecondsInUTC(t *testing.T) {
	o := options
	o.Created, o.Expires = made.In(time.FixedZone("", 3600)).Add(5), o.Expires.Add(time.Second-1).In(time.FixedZone("", -60))
	f, err := planfile.New(plan.Plan{}, nil, o)
	if err != nil || f.Created != options.Created || f.Expires != options.Expires {
		t.Error(err, f.Created, f.Expires)
	}
}

func TestApprove(t *testing.T) {
	doubt := guard.Refusal{Guard: guard.Doubt, Text: "listings differ"}
	leaves := guard.Refusal{Guard: "leaves", Text: "9 of 9", Acceptable: true}
	for name, c := range map[string]struct {
		refusals   []guard.Refusal
		by, reason string
		after      time.Duration
		want       string
	}{
		"good":              {[]guard.Refusal{doubt, leaves, leaves}, " kim ", " audit\n", 0, ""},
		"at the last":       {[]guard.Refusal{leaves}, "kim", "audit", 24*time.Hour - 1, ""},
		"nothing":           {nil, "kim", "audit", 0, "nothing to approve"},
		"cannot be":         {[]guard.Refusal{doubt}, "kim", "audit", 0, "doubt: listings differ: this cannot be approved by anybody"},
		"expired":           {[]guard.Refusal{leaves}, "kim", "audit", 24 * time.Hour, "it expired at 2026-11-25 08:12 UTC; make a new one"},
		"nobody":            {[]guard.Refusal{leaves}, " \t", "audit", 0, "nobody is named"},
		"no reason":         {[]guard.Refusal{leaves}, "kim", "\u00a0\n", 0, "no reason is given"},
		"a novel":           {[]guard.Refusal{leaves}, "kim", strings.Repeat("x", 4097), 0, "more than 4096 bytes"},
		"a novelist":        {[]guard.Refusal{leaves}, strings.Repeat("x", 4097), "audit", 0, "more than 4096 bytes"},
		"broken":            {[]guard.Refusal{leaves}, "kim", "\xff", 0, "not UTF-8"},
		"everything to say": {[]guard.Refusal{leaves}, "kim", strings.Repeat("x", 4096), 0, ""},
	} {
		f, err := planfile.New(plan.Plan{}, c.refusals, options)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Approve(c.by, c.reason, made.Add(c.after))
		if c.want == "" {
			if err != nil || len(f.Approvals) != 1 || !cmp.Equal(f.Lifted(), []string{"leaves"}) {
				t.Errorf("%s: %v, %v", name, err, f.Approvals)
			} else if a := f.Approvals[0]; a.By != "kim" || a.Reason != strings.TrimSpace(c.reason) || a.At != made.Add(c.after).Truncate(time.Second) {
				t.Errorf("%s: %+v", name, a)
			}
			continue
		}
		if err == nil || !strings.HasSuffix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "approve plan "+f.ID+": ") {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
		if len(f.Approvals) > 0 || f.Lifted() != nil {
			t.Errorf("%s: it is approved all the same", name)
		}
	}
}

// An approval that was put together by hand is written as any other.
func TestApprovalsAreWrittenInOneWay(t *testing.T) {
	f := plain(t)
	a := planfile.Approval{By: "kim", At: made.Add(time.Millisecond).In(time.FixedZone("", 3600)), Reason: "audit"}
	text, err := json.Marshal(planfile.Approval{By: "kim", At: made, Reason: "audit", Guards: []string{}, Digest: f.Digest})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	a.Digest = hex.EncodeToString(sum[:])
	f.Approvals = []planfile.Approval{a}
	back, err := planfile.Decode(encode(t, f))
	if err != nil || back.Approvals[0].At != made || back.Lifted() != nil {
		t.Error(err, back.Approvals)
	}
}

// Two people may approve one plan, and copies of a file share no approvals.
func TestApprovalsAdd(t *testing.T) {
	f := example(t)
	if err := errors.Join(f.Approve("ann", "one", made), f.Approve("bob", "two", made)); err != nil {
		t.Fatal(err)
	}
	a, b := f, f
	if err := errors.Join(a.Approve("eva", "me too", made), b.Approve("tom", "and me", made)); err != nil {
		t.Fatal(err)
	}
	if len(f.Approvals) != 3 || len(a.Approvals) != 4 || a.Approvals[3].By != "eva" || b.Approvals[3].By != "tom" {
		t.Errorf("%v %v %v", f.Approvals, a.Approvals, b.Approvals)
	}
	if a.Digest != f.Digest || a.ID != f.ID {
		t.Error("an approval makes another plan of it")
	}
	if _, err := planfile.Decode(encode(t, a)); err != nil {
		t.Error(err)
	}
}

// Whatever an approval says, what cannot be lifted is not.
func TestNoApprovalLiftsADoubt(t *testing.T) {
	f, err := planfile.New(plan.Plan{}, []guard.Refusal{{Guard: guard.Doubt}, {Guard: "users", Acceptable: true}, {Guard: "leaves", Acceptable: true}}, options)
	if err != nil {
		t.Fatal(err)
	}
	a := planfile.Approval{By: "kim", At: made, Reason: "audit", Guards: []string{guard.Doubt, "leaves", "groups"}, Digest: f.Digest}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	a.Digest = hex.EncodeToString(sum[:])
	f.Approvals = []planfile.Approval{a}
	if _, err := planfile.Decode(encode(t, f)); err != nil {
		t.Fatal("the approval is not forged well:", err)
	}
	if diff := cmp.Diff([]string{"leaves"}, f.Lifted()); diff != "" {
		t.Error(diff)
	}
	f.Approvals[0].Digest = f.Digest
	if f.Lifted() != nil {
		t.Error("an approval that is not sealed lifts", f.Lifted())
	}
	if (planfile.File{Refusals: f.Refusals, Approvals: []planfile.Approval{{Guards: []string{"leaves"}}}}).Lifted() != nil {
		t.Error("a plan without a digest is approved")
	}
}

func TestCheck(t *testing.T) {
	f := example(t)
	for _, c := range []struct {
		after                 time.Duration
		target, configuration string
		want                  string
	}{
		{0, "d-9967000000", "5f2b8a0c", ""},
		{24*time.Hour - 1, "d-9967000000", "5f2b8a0c", ""},
		{24 * time.Hour, "d-9967000000", "5f2b8a0c", "it expired at 2026-11-25 08:12 UTC"},
		{0, "d-1\x1b", "5f2b8a0c", `it is for the target d-9967000000, and this is "d-1\x1b"`},
		{0, "d-9967000000", "", "it was made with another configuration"},
		{99 * time.Hour, "d-9967000000", "x", "it expired at 2026-11-25 08:12 UTC, and it was made with another configuration"},
	} {
		err := f.Check(made.Add(c.after), c.target, c.configuration)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		stale, ok := errors.AsType[*planfile.StaleError](err)
		if !ok || stale.Why != c.want || err.Error() != "plan "+f.ID+" is stale: "+c.want+"; make a new one" {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

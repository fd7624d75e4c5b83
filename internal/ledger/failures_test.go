package ledger_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
)

// minutes are the pauses after the first failure, the second, and so on.
var minutes = []int{15, 30, 60, 360, 1440}

// fate is all that the model knows of a thing: when it failed, and what failed
// last.
type fate struct {
	at   []time.Time
	last ledger.Attempt
}

func (f fate) next() time.Time {
	n := min(len(f.at), len(minutes))
	return f.at[len(f.at)-1].Add(time.Duration(minutes[n-1]) * time.Minute)
}

func TestFailuresLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		l := ledger.New(target, now)
		model := map[ledger.Thing]fate{}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			now = later(t, now)
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				th := thing(t)
				l.Passed(th)
				delete(model, th)
			case 1:
				kind := rapid.SampledFrom(kinds).Draw(t, "kept")
				wanted := func(th ledger.Thing) bool { return th.Kind == kind || th.Group != "" }
				l.Keep(wanted)
				for th := range model {
					if !wanted(th) {
						delete(model, th)
					}
				}
			default:
				a := attempt(t)
				l.Failed(now, a)
				a.Err = strings.ToValidUTF8(a.Err, "\uFFFD")
				model[a.Thing] = fate{at: append(model[a.Thing].at, now), last: a}
			}
			l = again(t, l)
			checkFailing(t, l, model)
			th, digest := thing(t), rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "asked")
			asked := now.Add(time.Duration(rapid.IntRange(-400, 1600).Draw(t, "after")) * time.Minute)
			f, failing := model[th]
			want := failing && f.last.Digest == digest && !asked.Before(f.at[len(f.at)-1]) && asked.Before(f.next())
			if got := l.Paused(asked, th, digest); got != want {
				t.Fatalf("at %s, %+v is paused: %t; it failed at %s", asked, th, got, f.at)
			}
		}
	})
}

func checkFailing(t *rapid.T, l *ledger.Ledger, model map[ledger.Thing]fate) {
	all := l.Failing()
	if len(all) != len(model) {
		t.Fatalf("%d are failing, want %d", len(all), len(model))
	}
	for i, f := range all {
		m, ok := model[f.Thing]
		if !ok || f.Attempt != m.last || f.Tries != len(m.at) || !f.Since.Equal(m.at[0]) || !f.Next.Equal(m.next()) {
			t.Fatalf("%+v, want %+v", f, m)
		}
		order := func(f ledger.Failure) string {
			return string(f.Kind) + "\x00" + string(f.Key) + "\x00" + string(f.Group)
		}
		if i > 0 && order(all[i-1]) >= order(f) {
			t.Errorf("%+v stands before %+v", all[i-1], f)
		}
	}
}

func TestPauses(t *testing.T) {
	l := ledger.New(target, noon)
	a := ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindUser, Key: "k"}, Digest: "d"}
	now := noon
	for tries, pause := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		l.Failed(now, a)
		next := now.Add(pause)
		for _, c := range []struct {
			at     time.Time
			digest string
			want   bool
		}{{now.Add(-1), "d", false}, {now, "d", true}, {next.Add(-1), "d", true}, {next.Add(-1), "corrected", false}, {next, "d", false}} {
			if got := l.Paused(c.at, a.Thing, c.digest); got != c.want {
				t.Errorf("after %d tries, %s later, %s is paused: %t", tries+1, c.at.Sub(now), c.digest, got)
			}
		}
		now = next
	}
	if l.Paused(noon, ledger.Thing{Kind: identity.KindUser, Key: "k", Group: "g"}, "d") {
		t.Error("a membership is paused because its user is")
	}
}

// What never passes is tried once a day, and listed, for as long as it is
// wanted.
func TestWhatFailsForMonthsIsNotForgotten(t *testing.T) {
	l := ledger.New(target, noon)
	a := ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindGroup, Key: "k"}, Digest: "d"}
	tried := map[int]int{}
	for hour := range 24 * 90 {
		now := noon.Add(time.Duration(hour) * time.Hour)
		if !l.Paused(now, a.Thing, "d") {
			l.Failed(now, a)
			tried[hour/24]++
		}
		if len(l.Failing()) != 1 || !l.Failing()[0].Since.Equal(noon) {
			t.Fatalf("after %d hours: %+v", hour, l.Failing())
		}
		l = again(t, l)
	}
	for day := 2; day < 90; day++ {
		if tried[day] != 1 {
			t.Errorf("on day %d it is tried %d times", day, tried[day])
		}
	}
}

func TestTextsAreShort(t *testing.T) {
	for _, s := range []string{strings.Repeat("é", 1<<20), "x" + strings.Repeat("é", 1<<20), strings.Repeat("\xff", 1<<20), "a\xffb"} {
		l := ledger.New(target, noon)
		l.Failed(noon, ledger.Attempt{Thing: ledger.Thing{Kind: identity.KindUser, Key: "k"}, Name: s, GroupName: s, Op: s, Err: s})
		f := l.Failing()[0]
		for _, text := range []string{f.Name, f.GroupName, f.Op, f.Err} {
			if len(text) > 2100 || !utf8.ValidString(text) || text == "" || strings.HasPrefix(s, "a") != (text == "a\uFFFDb") {
				t.Errorf("%.20q of %d bytes becomes %.20q of %d", s, len(s), text, len(text))
			}
		}
		if utf8.ValidString(s) && strings.Contains(f.Name, "\uFFFD") {
			t.Errorf("%.20q was cut within a character", s)
		}
		if f != again(t, l).Failing()[0] {
			t.Errorf("%+v is read as another", f)
		}
	}
}

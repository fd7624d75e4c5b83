package ledger_test

import (
	"fmt"
	"testing"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
)

// company has groups of a hundred members, and ids of the length that AWS gives
// (Identity Store API reference: User, pattern of UserId).
func company(users, memberships int) identity.Held {
	h := identity.NewHeld()
	id := func(n int) identity.Key {
		return identity.Key(fmt.Sprintf("9067642ac7-%08x-0000-4000-8000-000000000000", n))
	}
	for i := range users {
		mail := fmt.Sprintf("given.family%d@example.com", i)
		h.Users[id(i)] = identity.User{
			ExternalID: fmt.Sprintf("1%020d", i), UserName: mail, Email: mail, GivenName: "Given",
			FamilyName: fmt.Sprintf("Family%d", i), DisplayName: fmt.Sprintf("Given Family%d", i), Active: i%50 > 0,
		}
	}
	for g := range memberships / 100 {
		h.Groups[id(g)] = identity.Group{ExternalID: fmt.Sprintf("0%014d", g), Name: fmt.Sprintf("group %d", g)}
		for i := range 100 {
			h.Members[identity.Membership{Group: id(g), User: id((g*7919 + i*101) % users)}] = true
		}
	}
	return h
}

// A million memberships of 100,000 users take some 7 MB: five digits and a comma
// for each. Of fewer users it is a little less.
func TestMembershipsAreSmall(t *testing.T) {
	const n = 20_000
	h := company(n, n)
	l := ledger.New(target, noon)
	l.Remember(h, nil)
	with := len(l.Encode())
	clear(h.Members)
	l.Remember(h, nil)
	if each := float64(with-len(l.Encode())) / n; each > 6 || each < 1 {
		t.Errorf("a membership takes %.1f bytes", each)
	}
}

func BenchmarkLedger(b *testing.B) {
	h := company(100_000, 1_000_000)
	l := ledger.New(target, noon)
	l.Remember(h, nil)
	text := l.Encode()
	b.Run("remember", func(b *testing.B) {
		for b.Loop() {
			l.Remember(h, nil)
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Encode()
		}
		b.ReportMetric(float64(len(text)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decode(b, text)
		}
	})
	b.Run("drift", func(b *testing.B) {
		for b.Loop() {
			if all := l.Drift(h); len(all) > 0 {
				b.Fatal(all)
			}
		}
	})
}

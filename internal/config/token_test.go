package config

import (
	"testing"
	"time"
)

func TestTokenEnd(t *testing.T) {
	day := func(s string) time.Time {
		d, err := ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct {
		created string
		stored  time.Time
		end     time.Time
		sure    bool
	}{
		{"", time.Time{}, time.Time{}, false},
		{"2025-12-26", time.Time{}, day("2026-12-26"), true},
		{"2025-12-26", day("2026-01-01"), day("2026-12-26"), true},
		{"", day("2026-01-01"), day("2027-01-01"), false},
		{"2024-02-29T12:00:00+02:00", time.Time{}, day("2025-03-01T10:00:00Z"), true},
		{"yesterday", time.Time{}, time.Time{}, false},
	} {
		end, sure := Config{TokenCreated: test.created, TokenStored: test.stored}.TokenEnd()
		if !end.Equal(test.end) || sure != test.sure {
			t.Errorf("%q, %v: %v, %v", test.created, test.stored, end, sure)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	end := time.Date(2026, 12, 26, 0, 0, 0, 0, time.UTC)
	for before, want := range map[time.Duration]int{
		30 * 24 * time.Hour: 30, 30*24*time.Hour - 1: 29, 24 * time.Hour: 1, time.Hour: 0, 0: 0, -time.Hour: -1, -24 * time.Hour: -1, -25 * time.Hour: -2,
	} {
		if got := DaysLeft(end, end.Add(-before)); got != want {
			t.Errorf("%v before: %d, want %d", before, got, want)
		}
	}
}

package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// longest is the longest time that can be asked for: ten years.
const longest = 3660 * 24 * time.Hour

// ParseTime parses a time such as 30d, 2w, 12h, 10m or 1h30m: what Go takes
// (time.ParseDuration), and whole days and weeks besides.
func ParseTime(s string) (time.Duration, error) {
	text := s
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		number, ok := strings.CutSuffix(s, suffix)
		if n, err := strconv.ParseUint(number, 10, 16); ok && err == nil {
			text = (time.Duration(n) * unit).String()
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longest {
		return 0, fmt.Errorf("time %q: want a number and a unit, such as 30d, 12h or 10m, up to ten years", s)
	}
	return d, nil
}

// ParseDate parses a day, 2026-11-26, or a time as RFC 3339 writes it.
func ParseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("date %q: want a day such as 2026-11-26", s)
}

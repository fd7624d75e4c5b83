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

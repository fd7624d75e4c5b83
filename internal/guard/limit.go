package guard

import (
	"fmt"
	"regexp"
	"strconv"
)

// A Limit is how much may go at once: what is over both is refused, since a
// percentage of a few is noise.
type Limit struct {
	Percent int
	Floor   int
}

func (l Limit) exceeded(n, of int) bool { return n > l.Floor && n*100 > of*l.Percent }

func (l Limit) String() string { return fmt.Sprintf("%d%%/%d", l.Percent, l.Floor) }

func (l Limit) words() string { return fmt.Sprintf("%d%% and %d", l.Percent, l.Floor) }

var limitRE = regexp.MustCompile(`^(\d{1,3})%/(\d{1,6})$`)

// ParseLimit parses a limit such as 10%/5: ten percent, and five at least.
func ParseLimit(s string) (Limit, error) {
	m := limitRE.FindStringSubmatch(s)
	if m == nil {
		return Limit{}, fmt.Errorf("limit %q: want PERCENT%%/FLOOR, such as 10%%/5", s)
	}
	percent, _ := strconv.Atoi(m[1])
	floor, _ := strconv.Atoi(m[2])
	if percent > 100 {
		return Limit{}, fmt.Errorf("limit %q: there are no more than 100%%", s)
	}
	return Limit{percent, floor}, nil
}

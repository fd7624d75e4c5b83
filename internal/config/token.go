package config

import "time"

// TokenEnd returns the day on which the SCIM access token stops working, a year
// after it was made (IAM Identity Center User Guide: automatic provisioning). If
// nobody has said when that was, it is the latest day that it can be: a secret
// holds no token that is made after it. It is zero if nothing is known at all.
func (c Config) TokenEnd() (end time.Time, sure bool) {
	made, err := ParseDate(c.TokenCreated)
	if err == nil {
		return made.AddDate(1, 0, 0), true
	}
	if c.TokenStored.IsZero() {
		return time.Time{}, false
	}
	return c.TokenStored.AddDate(1, 0, 0), false
}

// TokenWarning is how long before its end people are told of it.
const TokenWarning = 30 * 24 * time.Hour

// DaysLeft is how many whole days there are until end, less than zero once it is
// past.
func DaysLeft(end, now time.Time) int {
	d := end.Sub(now)
	if d < 0 {
		return -int((-d + 24*time.Hour - 1) / (24 * time.Hour))
	}
	return int(d / (24 * time.Hour))
}

package bucket

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxPrefix leaves room for our own names below the 1,024 bytes that a key may
// have (S3 User Guide: naming objects).
const maxPrefix = 512

// nameRE is what buckets of all kinds may be called (S3 User Guide: general
// purpose bucket naming rules). An alias of an access point looks the same.
var nameRE = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// ParseURL reads the place of state in S3: s3://bucket, or s3://bucket/prefix.
// What it returns has no slash at either end. The prefix is taken as it stands:
// nothing in it is escaped. The error is [ErrSetup].
func ParseURL(s string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(s, "s3://")
	if !ok {
		return "", "", &setupError{fmt.Errorf("read the place of state %.200q: it does not begin with s3://", s)}
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if prefix != "/" {
		prefix = strings.TrimSuffix(prefix, "/")
	}
	if err = checkPlace(bucket, prefix); err != nil {
		return "", "", &setupError{fmt.Errorf("read the place of state %.200q: %w; it looks like s3://bucket/prefix", s, err)}
	}
	return bucket, prefix, nil
}

func checkPlace(bucket, prefix string) error {
	if !nameRE.MatchString(bucket) || strings.Contains(bucket, "..") {
		return fmt.Errorf("%.70q is no name of a bucket: these have 3 to 63 small letters, digits, dots and hyphens", bucket)
	}
	if len(prefix) > maxPrefix {
		return fmt.Errorf("the prefix has %d bytes, more than %d", len(prefix), maxPrefix)
	}
	if prefix == "" {
		return nil
	}
	for part := range strings.SplitSeq(prefix, "/") {
		// "." and ".." are resolved on the way by some clients, "" by others.
		if part == "" || strings.Trim(part, ".") == "" {
			return errors.New("a part of the prefix between slashes is empty, or nothing but dots")
		}
		if strings.ContainsFunc(part, func(r rune) bool { return !safe(r) }) {
			return fmt.Errorf("the prefix may have letters, digits and !-_.*'()=, and %.70q has others", part)
		}
	}
	return nil
}

// safe are the characters that mean the same to every client (S3 User Guide:
// object key naming guidelines, safe characters), and the = of partitions.
func safe(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!-_.*'()=", r)
}

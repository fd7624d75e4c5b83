package planfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"

	"ssosync/internal/guard"
	"ssosync/internal/plan"
)

// A document is a file in the order in which it is written; docs/plan-file.md
// describes it.
type document struct {
	above
	below
}

// above is what the digest is of.
type above struct {
	Format        string          `json:"format"`
	Version       int             `json:"version"`
	Created       time.Time       `json:"created"`
	Expires       time.Time       `json:"expires"`
	Tool          string          `json:"tool"`
	Target        string          `json:"target"`
	Configuration string          `json:"configuration"`
	Plan          plan.Plan       `json:"plan"`
	Refusals      []guard.Refusal `json:"refusals"`
	Rests         []rest          `json:"rests"`
}

// below is what can only be said once there is a digest.
type below struct {
	Digest    string     `json:"digest"`
	ID        string     `json:"id"`
	Approvals []Approval `json:"approvals"`
}

// Encode returns the file as it is written to disk. Equal files are equal
// bytes.
func (f File) Encode() ([]byte, error) {
	data, digest, err := f.write()
	if err == nil {
		err = f.sound(digest)
	}
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return data, nil
}

// sound reports what does not belong together in a file whose digest should be
// that one.
func (f File) sound(digest string) error {
	if f.Digest != digest || f.ID != idOf(digest) {
		return errors.New("it was edited after it was made: its digest does not fit")
	}
	for i, a := range f.Approvals {
		if a.Digest != a.seal(digest) {
			return fmt.Errorf("approval %d, by %.64q, was edited, or was given to another plan", i+1, a.By)
		}
	}
	return nil
}

// write returns the bytes of a file, and the digest of all that stands above
// the line of the digest. So anybody can check it with sed and sha256sum.
func (f File) write() (data []byte, digest string, err error) {
	p := normal(f.Plan)
	head, err := marshal(above{
		Format: Format, Version: Version, Created: stamp(f.Created), Expires: stamp(f.Expires),
		Tool: f.Tool, Target: f.Target, Configuration: f.Configuration,
		Plan: p, Refusals: list(f.Refusals), Rests: rests(p),
	})
	if err != nil {
		return nil, "", err
	}
	data = append(bytes.TrimSuffix(head, []byte("\n}\n")), ",\n"...)
	sum := sha256.Sum256(data)
	digest = hex.EncodeToString(sum[:])
	approvals := list(f.Approvals)
	for i, a := range approvals {
		approvals[i] = a.written()
	}
	tail, err := marshal(below{Digest: digest, ID: idOf(digest), Approvals: approvals})
	if err != nil {
		return nil, "", err
	}
	data = append(data, bytes.TrimPrefix(tail, []byte("{\n"))...)
	if len(data) > MaxBytes {
		return nil, "", fmt.Errorf("it would have %d bytes, more than %d", len(data), MaxBytes)
	}
	return data, digest, nil
}

// stamp returns a time in the only form in which it is written.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// marshal writes JSON with a line for each member, and nothing in it that a
// terminal or an editor would obey instead of showing: what is read before it
// is approved must not look like something else.
func marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	if !bytes.ContainsFunc(text, unsafe) {
		return text, nil
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case !unsafe(r):
			b.WriteRune(r)
		case r > 0xFFFF: // RFC 8259 §7: a surrogate pair
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes(), nil
}

// unsafe reports whether a rune is a control character, an invisible one, one
// that changes the direction of what follows, or none at all.
func unsafe(r rune) bool {
	return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point)
}

// idOf returns the first 40 bits of a digest as people can spell them: in
// Crockford's base 32, which has no I, L, O and U.
func idOf(digest string) string {
	sum, err := hex.DecodeString(digest)
	if err != nil || len(sum) < 5 {
		return ""
	}
	id := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(sum[:5])
	return id[:4] + "-" + id[4:]
}

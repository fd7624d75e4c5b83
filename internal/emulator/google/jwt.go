package google

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An assertion is a signed JWT (RFC 7519; OAuth 2.0 for server to server
// applications: creating a JWT).
type assertion struct {
	kid, alg  string
	payload   json.RawMessage // the claims, of whatever sort
	claims    claims          // … as the token endpoint reads them
	signed    []byte
	signature []byte
}

type claims struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Prn      string  `json:"prn"` // the old name of sub
	Scope    string  `json:"scope"`
	Audience string  `json:"aud"`
	IssuedAt float64 `json:"iat"`
	Expires  float64 `json:"exp"`
}

var errNotJWT = errors.New("not a JWT")

func parseJWT(text string) (assertion, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return assertion{}, errNotJWT
	}
	var header struct{ Alg, Kid string }
	a := assertion{signed: []byte(parts[0] + "." + parts[1])}
	if err := decodePart(parts[0], &header); err != nil {
		return assertion{}, err
	}
	if err := decodePart(parts[1], &a.payload); err != nil {
		return assertion{}, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return assertion{}, fmt.Errorf("signature: %w", err)
	}
	a.kid, a.alg, a.signature = header.Kid, header.Alg, signature
	return a, nil
}

func decodePart(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return fmt.Errorf("decode JWT: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode JWT: %w", err)
	}
	return nil
}

// signedBy verifies RS256 (RFC 7518 §3.3).
func (a assertion) signedBy(key *rsa.PublicKey) bool {
	sum := sha256.Sum256(a.signed)
	return a.alg == "RS256" && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) == nil
}

// inTime says whether the JWT is good for at most an hour and now is in that
// hour, give or take five minutes.
func (a assertion) inTime(now time.Time) bool {
	const skew = 300
	at := float64(now.Unix())
	return a.claims.Expires-a.claims.IssuedAt <= 3600 && a.claims.Expires > a.claims.IssuedAt &&
		a.claims.IssuedAt <= at+skew && a.claims.Expires >= at-skew
}

func signPayload(payload, kid string, key *rsa.PrivateKey) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": kid})
	if err != nil {
		return "", fmt.Errorf("sign JWT: %w", err)
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString(header) + "." + enc.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign JWT: %w", err)
	}
	return signed + "." + enc.EncodeToString(signature), nil
}

func parsePublic(text string) *rsa.PublicKey {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil
	}
	key, _ := parsed.(*rsa.PublicKey)
	return key
}

package google

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// etag is an entity tag in the form seen in production: a prefix of 43
// characters that all resources share and a SHA-1 in base64url, within quotes
// that are part of the JSON string. It depends on the content only.
func etag(content any) string {
	data, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("etag of what JSON cannot say: %v", err))
	}
	prefix := sha256.Sum256([]byte("admin.googleapis.com"))
	sum := sha1.Sum(data)
	enc := base64.RawURLEncoding
	return `"` + enc.EncodeToString(prefix[:]) + "/" + enc.EncodeToString(sum[:]) + `"`
}

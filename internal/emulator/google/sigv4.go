package google

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// signedWith verifies the signature of a request without a body (AWS IAM user
// guide: create a signed AWS API request).
func (r *awsRequest) signedWith(secret string) bool {
	var headers strings.Builder
	for _, name := range r.signed.headers {
		headers.WriteString(name + ":" + strings.Join(strings.Fields(r.header[name]), " ") + "\n")
	}
	canonical := strings.Join([]string{
		r.Method, "/", r.query.Encode(), headers.String(), strings.Join(r.signed.headers, ";"), hexSum(""),
	}, "\n")
	scope := []string{r.signed.date, r.signed.region, "sts", "aws4_request"}
	text := strings.Join([]string{"AWS4-HMAC-SHA256", r.header["x-amz-date"], strings.Join(scope, "/"), hexSum(canonical)}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range scope {
		key = mac(key, part)
	}
	return hmac.Equal([]byte(hex.EncodeToString(mac(key, text))), []byte(r.signed.signature))
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

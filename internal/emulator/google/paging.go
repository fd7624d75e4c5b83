package google

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// pageTokenLife is how long a page token is good (Directory API reference:
// users.list, pageToken).
const pageTokenLife = 72 * time.Hour

// A pageToken is the place in a list: after which row, of which question. To
// the client it is opaque.
type pageToken struct {
	Bound  string `json:"b"`           // to the question
	After  string `json:"a,omitempty"` // sort key of the last row that was given
	Page   int    `json:"p"`           // that it leads to, from 2
	Begun  int64  `json:"s"`           // the run, in Unix seconds
	Issued int64  `json:"i"`           // this token, in Unix seconds
}

func (t *pageToken) number() int { return max(t.Page, 1) }

// peek reads a token without trusting it, for faults that name a page.
func (t *pageToken) peek(token string) {
	if p, ok := openToken(token); ok {
		*t = p
	}
}

func (t *pageToken) seal() string {
	data, err := json.Marshal(t)
	if err != nil {
		panic("a page token is plain data")
	}
	sum := sha256.Sum256(append([]byte("page token\x00"), data...))
	return base64.RawURLEncoding.EncodeToString(append(sum[:6], data...))
}

func openToken(token string) (pageToken, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 6 {
		return pageToken{}, false
	}
	var t pageToken
	if json.Unmarshal(raw[6:], &t) != nil || t.seal() != token {
		return pageToken{}, false
	}
	return t, true
}

// question is a digest of everything that decides which rows there are. Sizes
// and masks may differ from page to page.
func (c *call) question() string {
	kept := maps.Clone(c.q)
	for _, k := range []string{"pageToken", "maxResults", "fields", "alt", "prettyPrint", "key", "quotaUser"} {
		delete(kept, k)
	}
	sum := sha256.Sum256([]byte(c.op + "\x00" + c.r.URL.EscapedPath() + "\x00" + kept.Encode()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// openPage checks the token of the request and makes it the call's place.
func (c *call) openPage() error {
	token := c.q.Get("pageToken")
	if token == "" {
		c.page = pageToken{Bound: c.question(), Begun: c.now.Unix()}
		return nil
	}
	t, ok := openToken(token)
	if !ok || t.Bound != c.question() || c.now.Sub(time.Unix(t.Issued, 0)) > pageTokenLife {
		return invalidInput("pageToken")
	}
	if c.now.Sub(time.Unix(t.Begun, 0)) > c.opts.PagingLimit {
		return &apiError{code: http.StatusServiceUnavailable, reason: "backendError", message: "Service unavailable. Please try again"}
	}
	c.page = t
	return nil
}

// next seals a token for the page after the row with this key.
func (c *call) next(after string) string {
	t := pageToken{Bound: c.page.Bound, After: after, Page: c.page.number() + 1, Begun: c.page.Begun, Issued: c.now.Unix()}
	return t.seal()
}

// pageOf cuts a page out of rows, which are in the order of key, or against
// it when descending. The token names the last row given, not a number of
// rows, so an edit between two pages neither hides nor repeats another row.
func pageOf[T any](c *call, rows []T, size int, descending bool, key func(T) string) (page []T, nextToken string) {
	start := 0
	if c.page.After != "" {
		start, _ = slices.BinarySearchFunc(rows, c.page.After, func(row T, after string) int {
			order := cmp.Compare(key(row), after)
			if descending {
				order = -order
			}
			return cmp.Or(order, -1) // equal is before: the search ends behind it
		})
	}
	rows = rows[start:]
	if c.faults.by(EmptyPage) {
		return nil, c.next(c.page.After)
	}
	if c.opts.MaxPage > 0 {
		size = min(size, c.opts.MaxPage)
	}
	if c.faults.by(ShortPage) {
		size = max(1, min(size, len(rows))/3)
	}
	if len(rows) <= size {
		return rows, ""
	}
	return rows[:size], c.next(key(rows[size-1]))
}

// maxResults is the page size: def when absent, at most limit.
func (c *call) maxResults(def, limit int, clamp bool) (int, error) {
	text := c.q.Get("maxResults")
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, invalidParameter("maxResults", "Invalid integer value: '"+text+"'.")
	}
	if n > int64(limit) && clamp {
		return limit, nil
	}
	if n < 1 || n > int64(limit) {
		return 0, invalidParameter("maxResults", "Invalid value '"+text+"'. Values must be within the range: [1, "+strconv.Itoa(limit)+"]")
	}
	return int(n), nil
}

package iic

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// cursor is where a listing goes on: after an id, so that objects which come and go between pages move nothing else.
type cursor struct {
	Kind   string // of the listing
	Query  string // the filter, or whatever else must not change between pages
	After  string // the last id that was returned; empty: none yet
	Page   int    // the number of the page to come, from 1
	Issued int64  // Unix milliseconds
}

// token is the cursor as clients see it, within the pattern [-a-zA-Z0-9+=/:_]* (SCIM guide: ListUsers). A check sum makes
// made-up tokens fail.
func (c cursor) token() string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers can be encoded
	}
	return base64.StdEncoding.EncodeToString(fmt.Appendf(raw, "%08x", checksum(raw)))
}

func parseCursor(token string) (cursor, bool) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(raw) < 8 {
		return cursor{}, false
	}
	raw, sum := raw[:len(raw)-8], string(raw[len(raw)-8:])
	var c cursor
	if fmt.Sprintf("%08x", checksum(raw)) != sum || json.Unmarshal(raw, &c) != nil {
		return cursor{}, false
	}
	return c, true
}

func checksum(b []byte) uint32 {
	h := fnv.New32a()
	_, _ = h.Write(b) // a hash never fails
	return h.Sum32()
}

// resume reads a token, which must be of the same listing with the same query. An empty one begins.
func (s *Server) resume(token, kind, query string, now time.Time) (cursor, bool) {
	if token == "" {
		return cursor{Kind: kind, Query: query, Page: 1}, true
	}
	c, ok := parseCursor(token)
	ttl := s.options.Switches.CursorTTL
	expired := ttl > 0 && now.Sub(time.UnixMilli(c.Issued)) > ttl
	return c, ok && !expired && c.Kind == kind && c.Query == query
}

// page cuts the next page out of sorted ids. next is empty on the last.
func (s *Server) page(q *request, c cursor, ids []string, count int) (page []string, next string) {
	i, found := slices.BinarySearch(ids, c.After)
	if found {
		i++
	}
	if s.options.Paging.Max > 0 {
		count = min(count, s.options.Paging.Max)
	}
	if every := s.options.Paging.EmptyEvery; every > 1 && c.Page%every == 0 {
		count = 0
	}
	count = q.spoilt.size(count, len(ids)-i)
	page = ids[i:min(len(ids), i+count)]
	if i+len(page) == len(ids) {
		return q.spoilt.rows(page), ""
	}
	c.Page++
	c.Issued = q.now.UnixMilli()
	if len(page) > 0 {
		c.After = page[len(page)-1]
	}
	return q.spoilt.rows(page), q.spoilt.cursor(c.token())
}

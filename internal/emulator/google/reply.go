package google

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// htmlNotFound is the page for a path that no API has.
const htmlNotFound = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>The requested URL was not found on this server.\n"

// A reply is an answer before it is bytes.
type reply struct {
	status  int
	header  http.Header
	body    map[string]any
	rowsKey string // the collection's key in body
	rows    int
	raw     []byte
	abort   bool // break the connection instead
	cut     bool // … or after half of the body
	half    bool // half of the body, as if it were all
}

func plainReply(status int, contentType, text string) *reply {
	return &reply{status: status, header: http.Header{"Content-Type": {contentType}}, raw: []byte(text)}
}

// retryAfter sets the header in the wanted form, two seconds ahead.
func (p *reply) retryAfter(form RetryAfter, now time.Time) {
	if form == RetryAfterNone {
		return
	}
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set("Retry-After", "2")
	if form == RetryAfterDate {
		p.header.Set("Retry-After", now.Add(2*time.Second).UTC().Format(http.TimeFormat))
	}
}

// write sends the answer. The body is compressed only for a client that both
// accepts gzip and says so in its User-Agent (Directory API guide:
// performance tips).
func (p *reply) write(w http.ResponseWriter, c *call) {
	data := p.raw
	if p.body != nil {
		data = p.encode(c)
	}
	if p.half {
		data = data[:len(data)/2]
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "private")
	h.Set("Server", "ESF")
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	for _, v := range []string{"Origin", "X-Origin", "Referer"} {
		h.Add("Vary", v)
	}
	maps.Copy(h, p.header)
	if p.cut {
		h.Set("Content-Length", strconv.Itoa(len(data)))
		data = data[:len(data)/2]
	} else if len(data) > 0 && wantsGzip(c.r) {
		h.Set("Content-Encoding", "gzip")
		data = zip(data)
	}
	w.WriteHeader(p.status)
	_, err := w.Write(data)
	if p.cut && err == nil {
		_ = http.NewResponseController(w).Flush() // what is promised beyond this never comes
		panic(http.ErrAbortHandler)
	}
}

func (p *reply) encode(c *call) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if c.q.Get("prettyPrint") != "false" {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(p.body); err != nil {
		panic(fmt.Sprintf("answer holds what JSON cannot say: %v", err))
	}
	return b.Bytes()
}

func wantsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && strings.Contains(r.UserAgent(), "gzip")
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data) // into memory: cannot go wrong
	_ = z.Close()
	return b.Bytes()
}

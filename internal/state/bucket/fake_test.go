package bucket

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A fault is what happens to one request.
type fault struct {
	status int    // an answer of S3's, "" for none of its own
	code   string // its <Code>
	done   bool   // the request is carried out all the same
	cut    bool   // the connection breaks instead of an answer
	hang   bool   // no answer ever comes
	header http.Header
	detail string
}

// A fake is S3 as its API Reference and User Guide have it (PutObject,
// GetObject, DeleteObject, ListObjectsV2, Error responses, Conditional requests),
// as far as this package goes. It carries out one request at a time.
type fake struct {
	bucket, region string
	ahead          time.Duration // how far its clock is ahead of ours
	pageSize       int
	blind          bool // it passes over all conditions
	dateless       bool // it tells no time

	mu      sync.Mutex
	weather func(req *http.Request, op string, n int) *fault
	objects map[string]stored
	ops     []string // every request that arrived: "PutObject key"
	puts    int
	hosts   map[string]bool
	plain   int // requests that are not signed
}

type stored struct {
	data     []byte
	etag     string
	modified time.Time
}

func newFake() *fake {
	return &fake{bucket: "acme-state", region: "eu-central-1", pageSize: 1000, objects: map[string]stored{}, hosts: map[string]bool{}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func failed(status int, code, message string) answer {
	type xmlError struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
		HostID    string `xml:"HostId"`
	}
	body, err := xml.Marshal(xmlError{Code: code, Message: message, RequestID: "4442587FB7D0A2F9", HostID: "host"})
	if err != nil {
		panic(err)
	}
	return answer{status, http.Header{"Content-Type": {"application/xml"}}, append([]byte(xml.Header), body...)}
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	f.mu.Lock()
	op, key := f.operation(req)
	f.ops = append(f.ops, op+" "+key)
	f.hosts[req.URL.Host] = true
	if !strings.HasPrefix(req.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		f.plain++
	}
	n, weather := len(f.ops), f.weather
	f.mu.Unlock()
	var bad *fault
	if weather != nil {
		bad = weather(req, op, n)
	}
	var a answer
	if bad == nil || bad.done {
		a = f.serve(req, op, key, body)
	}
	switch {
	case bad == nil:
	case bad.hang:
		<-req.Context().Done()
		return nil, req.Context().Err()
	case bad.cut:
		return nil, syscall.ECONNRESET
	case bad.status != 0:
		a = failed(bad.status, bad.code, bad.detail)
		maps.Copy(a.header, bad.header)
	}
	if !f.dateless {
		a.header.Set("Date", time.Now().Add(f.ahead).UTC().Format(http.TimeFormat))
	}
	a.header.Set("X-Amz-Request-Id", "4442587FB7D0A2F9")
	return &http.Response{
		StatusCode: a.status, Status: strconv.Itoa(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req,
	}, nil
}

// operation reads the address, of either style.
func (f *fake) operation(req *http.Request) (op, key string) {
	key = strings.TrimPrefix(req.URL.Path, "/")
	if rest, ok := strings.CutPrefix(key, f.bucket); ok && !strings.HasPrefix(req.URL.Host, f.bucket+".") {
		key = strings.TrimPrefix(rest, "/")
	}
	switch {
	case key == "" && req.URL.Query().Get("list-type") == "2":
		return "ListObjectsV2", req.URL.Query().Get("prefix")
	case req.Method == http.MethodGet:
		return "GetObject", key
	case req.Method == http.MethodPut:
		return "PutObject", key
	case req.Method == http.MethodDelete:
		return "DeleteObject", key
	}
	return "Unknown", key
}

func (f *fake) serve(req *http.Request, op, key string, body []byte) answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := req.URL.Path
	host, _, _ := strings.Cut(req.URL.Host, ".")
	if host != f.bucket && path != "/"+f.bucket && !strings.HasPrefix(path, "/"+f.bucket+"/") {
		return failed(404, "NoSuchBucket", "The specified bucket does not exist")
	}
	if scope := "/" + f.region + "/s3/aws4_request"; !strings.Contains(req.Header.Get("Authorization"), scope) {
		a := failed(400, "AuthorizationHeaderMalformed", "the region is wrong; expecting '"+f.region+"'")
		a.header.Set("X-Amz-Bucket-Region", f.region)
		return a
	}
	seen, there := f.objects[key]
	match, none := req.Header.Get("If-Match"), req.Header.Get("If-None-Match")
	if f.blind {
		match, none = "", ""
	}
	switch op {
	case "GetObject":
		if !there {
			return failed(404, "NoSuchKey", "The specified key does not exist.")
		}
		return answer{200, http.Header{"Etag": {seen.etag}, "Last-Modified": {seen.modified.UTC().Format(http.TimeFormat)}}, seen.data}
	case "PutObject":
		return f.put(req, key, body, there, seen, match, none)
	case "DeleteObject":
		switch {
		case match != "" && !there:
			return failed(404, "NoSuchKey", "The specified key does not exist.")
		case match != "" && match != seen.etag:
			return failed(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		}
		delete(f.objects, key)
		return answer{204, http.Header{}, nil}
	case "ListObjectsV2":
		return f.list(req)
	}
	return failed(405, "MethodNotAllowed", "")
}

func (f *fake) put(req *http.Request, key string, body []byte, there bool, seen stored, match, none string) answer {
	switch {
	case none == "*" && there:
		return failed(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case match != "" && !there:
		return failed(404, "NoSuchKey", "The specified key does not exist.")
	case match != "" && match != seen.etag:
		return failed(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case !f.blind && match == "" && none == "":
		panic("a write without a condition: " + key)
	}
	data, err := payload(req, body)
	if err != nil {
		return failed(400, "BadDigest", err.Error())
	}
	f.puts++
	etag := fmt.Sprintf(`"%x"`, md5.Sum(data))
	f.objects[key] = stored{data, etag, time.Now().Add(f.ahead).Truncate(time.Second)}
	return answer{200, http.Header{"Etag": {etag}}, nil}
}

// payload undoes aws-chunked, and checks what is behind it (S3 API Reference:
// signature calculations with trailing headers).
func payload(req *http.Request, body []byte) ([]byte, error) {
	if req.Header.Get("X-Amz-Content-Sha256") != "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
		return body, nil
	}
	in := bufio.NewReader(bytes.NewReader(body))
	data, err := io.ReadAll(httputil.NewChunkedReader(in))
	if err != nil {
		return nil, err
	}
	if want := req.Header.Get("X-Amz-Decoded-Content-Length"); want != strconv.Itoa(len(data)) {
		return nil, fmt.Errorf("%d bytes, want %s", len(data), want)
	}
	trailer, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data))
	if !strings.Contains(string(trailer), base64.StdEncoding.EncodeToString(sum)) {
		return nil, errors.New("the checksum does not fit")
	}
	return data, nil
}

func (f *fake) list(req *http.Request) answer {
	q := req.URL.Query()
	var keys []string
	for key := range f.objects {
		if strings.HasPrefix(key, q.Get("prefix")) && key > q.Get("continuation-token") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		return failed(400, "InvalidArgument", "max-keys")
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	if most = min(most, f.pageSize); len(keys) > most {
		keys = keys[:most]
		fmt.Fprintf(&b, "<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", keys[most-1])
	} else {
		b.WriteString("<IsTruncated>false</IsTruncated>")
	}
	for _, key := range keys {
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>%d</Size></Contents>", key, len(f.objects[key].data))
	}
	b.WriteString("</ListBucketResult>")
	return answer{200, http.Header{"Content-Type": {"application/xml"}}, []byte(b.String())}
}

// becomes has each request from now on be asked about before it is carried out.
func (f *fake) becomes(weather func(req *http.Request, op string, n int) *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.weather = weather
}

// set puts an object there as somebody else would, past all conditions.
func (f *fake) set(key, data string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objects[key] = stored{[]byte(data), fmt.Sprintf(`"%x"`, md5.Sum([]byte(data))), time.Now().Add(f.ahead).Truncate(time.Second)}
}

func (f *fake) del(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.objects, key)
}

func (f *fake) get(tb testing.TB, key string) string {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.objects[key]
	if !ok {
		tb.Fatalf("there is no %s", key)
	}
	return string(o.data)
}

func (f *fake) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for key := range f.objects {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// written returns how many writes were carried out.
func (f *fake) written() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.puts
}

// count returns how many requests of an operation arrived.
func (f *fake) count(op string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.ops {
		if strings.HasPrefix(o, op+" ") {
			n++
		}
	}
	return n
}

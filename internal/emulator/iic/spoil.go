package iic

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// spoilt is what faults do to an answer.
type spoilt struct {
	kinds       []FaultKind
	list, index *view // that lists show, and lists with a filter; nil: the present
}

func (p *spoilt) by(k FaultKind) bool { return slices.Contains(p.kinds, k) }

// size is the number of rows on a page of at most count, when so many are left.
func (p *spoilt) size(count, left int) int {
	switch {
	case p.by(EmptyPage):
		return 0
	case p.by(ShortPage):
		return min(count, max(1, min(count, left)/3))
	}
	return count
}

// rows are those of a page that the client will see.
func (p *spoilt) rows(ids []string) []string {
	from := 0
	switch {
	case p.by(EmptyList):
		return nil
	case p.by(LostCursor):
		return ids[:(len(ids)+1)/2]
	case p.by(OtherHalf):
		from = 1
	case !p.by(HalfRows):
		return ids
	}
	var kept []string
	for i := from; i < len(ids); i += 2 {
		kept = append(kept, ids[i])
	}
	return kept
}

// plain are the rows of a list that is not paged: what it leaves out is out of reach, so that it is never short.
func (p *spoilt) plain(ids []string, count int) []string { return p.rows(ids[:min(len(ids), count)]) }

func (p *spoilt) cursor(token string) string {
	if p.by(EmptyList) || p.by(LostCursor) {
		return ""
	}
	return token
}

// shown is what a list shows.
func (s *Server) shown(q *request, filtered bool) view {
	switch {
	case q.spoilt.list != nil:
		return *q.spoilt.list
	case filtered && q.spoilt.index != nil:
		return *q.spoilt.index
	}
	return s.store.visible(q.now)
}

// strike lets the due faults happen. What it returns, unless nil, is the answer; the first fault that has one gives it.
func (s *Server) strike(q *request, due []*armed) func(http.ResponseWriter) {
	var write func(http.ResponseWriter)
	for _, a := range due {
		switch a.Kind {
		case StaleList:
			q.spoilt.list = &a.old
		case StaleIndex:
			q.spoilt.index = &a.old
		case Vanish:
			s.vanish(q)
		case Revoke:
			a.revoked = append(a.revoked, q.credential())
		case LostReset, LostThrottled, LostError, Truncated, CutJSON, EmptyBody:
			q.lost = true
		default: // an answer, or nothing more
		}
		q.spoilt.kinds = append(q.spoilt.kinds, a.Kind)
		if write == nil {
			write = s.struckBy(q, a.Fault)
		}
	}
	return write
}

// vanish deletes what the request asks for, as somebody else would.
func (s *Server) vanish(q *request) {
	for _, id := range topicOf(q).ids {
		switch {
		case s.store.users.has(id):
			s.store.removeUser(id)
		case s.store.groups.has(id):
			s.store.removeGroup(id)
		}
	}
	s.store.written(q.now)
}

// credential is the bearer token or the access key.
func (q *request) credential() string {
	header := q.http.Header.Get("Authorization")
	if m := credential.FindStringSubmatch(header); m != nil {
		return m[1]
	}
	return bearer(header)
}

// expired says that a Revoke has ended this token or access key.
func (s *Server) expired(credential string) bool {
	return slices.ContainsFunc(s.faults, func(a *armed) bool { return slices.Contains(a.revoked, credential) })
}

// struckBy is the answer of a fault that answers, or nil.
func (s *Server) struckBy(q *request, f Fault) func(http.ResponseWriter) {
	if f.Kind == Refuse && f.Denial != nil {
		return s.refuse(q, f.Denial.exception())
	}
	return s.canned(q, f.Kind)
}

// canned is the answer of a kind that answers, or nil.
func (s *Server) canned(q *request, k FaultKind) func(http.ResponseWriter) {
	switch k {
	case Throttled:
		return s.refuse(q, &apiError{kind: throttlingException, detail: "Rate exceeded", public: "Rate exceeded", retryAfter: time.Second})
	case InternalError:
		return s.refuse(q, &apiError{kind: "InternalServerException", detail: "Internal server error", public: "Internal server error"})
	case Unauthorized:
		return s.refuse(q, q.tooLate())
	case Forbidden:
		return s.refuse(q, &apiError{kind: accessDenied, detail: "not authorized", public: "Forbidden"})
	case Missing:
		return s.refuse(q, notFound("Resource", ""))
	case BadGateway:
		return s.webPage(q, http.StatusBadGateway)
	case Unavailable:
		return s.webPage(q, http.StatusServiceUnavailable)
	case GatewayTimeout:
		return s.webPage(q, http.StatusGatewayTimeout)
	case NotJSON:
		return s.webPage(q, http.StatusOK)
	case Reset:
		s.record(q, 0, "connection reset")
		return func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	default:
		return nil
	}
}

// tooLate is the exception about credentials that have expired.
func (q *request) tooLate() *apiError {
	if q.json11() || q.query() {
		return &apiError{kind: expiredToken, detail: "The security token included in the request is expired"}
	}
	return &apiError{kind: unauthorizedException, detail: "token expired", public: "Authorization header is invalid or missing."}
}

// refuse is the exception in the form of the API that was called.
func (s *Server) refuse(q *request, e *apiError) func(http.ResponseWriter) {
	switch {
	case q.json11():
		return s.json11Error(q, e)
	case q.query():
		return s.stsError(q, e)
	}
	s.record(q, e.status(), e.detail)
	return s.scimError(q, e, e.status())
}

// webPage is the answer of what stands between the client and the service.
func (s *Server) webPage(q *request, status int) func(http.ResponseWriter) {
	s.record(q, status, "answered by a proxy")
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><body><h1>"+http.StatusText(status)+"</h1></body></html>")
	}
}

// spoil does to an answer what the faults say. What was done stays done.
func (s *Server) spoil(q *request, write func(http.ResponseWriter)) func(http.ResponseWriter) {
	p := &q.spoilt
	quiet := *q
	quiet.op = "" // the journal has the write itself
	switch {
	case p.by(LostReset):
		return func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	case p.by(LostThrottled):
		return s.canned(&quiet, Throttled)
	case p.by(LostError):
		return s.canned(&quiet, InternalError)
	case p.by(MissingKey):
		return edited(write, dropRows)
	case p.by(EmptyBody):
		return edited(write, func([]byte) []byte { return nil })
	case p.by(CutJSON):
		return edited(write, func(body []byte) []byte { return body[:len(body)/2] })
	case p.by(Truncated):
		return cut(write)
	}
	return write
}

// edited sends an answer with another body. One without a body stays as it is.
func edited(write func(http.ResponseWriter), edit func([]byte) []byte) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		rec := recorded(write)
		maps.Copy(w.Header(), rec.header)
		w.WriteHeader(rec.status)
		if rec.body.Len() > 0 {
			_, _ = w.Write(edit(rec.body.Bytes()))
		}
	}
}

// cut promises an answer and breaks the connection in the middle of it. One without a body is a broken connection.
func cut(write func(http.ResponseWriter)) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		rec := recorded(write)
		if rec.body.Len() > 0 {
			maps.Copy(w.Header(), rec.header)
			w.Header().Set("Content-Length", strconv.Itoa(rec.body.Len()))
			w.WriteHeader(rec.status)
			_, _ = w.Write(rec.body.Bytes()[:rec.body.Len()/2])
			_ = http.NewResponseController(w).Flush() // what is promised beyond this never comes
		}
		panic(http.ErrAbortHandler)
	}
}

// dropRows removes the collection of a list, and leaves errors alone.
func dropRows(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return body
	}
	for key, v := range m {
		if _, ok := v.([]any); ok && key != "schemas" && key != "schema" {
			delete(m, key)
		}
	}
	edited, err := json.Marshal(m)
	if err != nil {
		return body
	}
	return edited
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func recorded(write func(http.ResponseWriter)) *recorder {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	write(rec)
	return rec
}

// Header implements http.ResponseWriter.
func (rec *recorder) Header() http.Header { return rec.header }

// WriteHeader implements http.ResponseWriter.
func (rec *recorder) WriteHeader(status int) { rec.status = status }

// Write implements http.ResponseWriter.
func (rec *recorder) Write(p []byte) (int, error) { return rec.body.Write(p) }

package iic

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// URNs of RFC 7643 and RFC 7644.
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	listSchema       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorSchema      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// scimCaller is what CreatedBy and UpdatedBy say of objects that SCIM wrote; AWS does not document what they contain.
const scimCaller = "SCIM"

func (s *Server) scimHandlers() map[string]func(*request) (response, error) {
	return map[string]func(*request) (response, error){
		"CreateUser": s.createUser, "GetUser": s.getUser, "ListUsers": s.listUsers,
		"PatchUser": s.patchUser, "PutUser": s.putUser, "DeleteUser": s.deleteUser,
		"CreateGroup": s.createGroup, "GetGroup": s.getGroup, "ListGroups": s.listGroups,
		"PatchGroup": s.patchGroup, "DeleteGroup": s.deleteGroup,
		"ServiceProviderConfig": s.serviceProviderConfig, "ListResourceTypes": s.listResourceTypes,
		"ListSchemas": s.listSchemas, "GetSchema": s.getSchema,
	}
}

// answerSCIM is one SCIM request from the door to the answer.
func (s *Server) answerSCIM(q *request) func(http.ResponseWriter) {
	res, err := s.serveSCIM(q)
	if err != nil {
		e := asAPIError(err)
		status := e.status()
		s.record(q, status, e.detail)
		return s.scimError(q, e, status)
	}
	s.record(q, res.status, "")
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-RequestId", q.id)
		writeJSON(w, "application/json", res)
	}
}

func (s *Server) serveSCIM(q *request) (response, error) {
	if err := s.authorizeSCIM(q); err != nil {
		return response{}, err
	}
	if q.http.Method == http.MethodPatch && q.http.UserAgent() == "" && !s.options.Switches.AgentOptional {
		return response{}, &apiError{kind: accessDenied, detail: "PATCH without a User-Agent", public: "Forbidden"}
	}
	if err := s.throttle(q); err != nil {
		return response{}, err
	}
	handle, ok := s.scimHandlers()[q.op]
	switch {
	case ok:
		return handle(q)
	case q.path.resource == "Users" || q.path.resource == "Groups":
		return response{}, invalid("unsupported operation: %s %s", q.http.Method, q.path.resource)
	}
	return response{}, notFound("Resource", q.http.URL.Path)
}

// authorizeSCIM looks at the address, the tenant and the token, in this order. An empty segment of the path, the sign of an
// endpoint that was pasted with its trailing slash, is a 401 as well.
func (s *Server) authorizeSCIM(q *request) error {
	if !s.options.Network.allowsSCIM(q.http.RemoteAddr) ||
		(s.options.AllowSource != nil && !s.options.AllowSource(q.http.RemoteAddr)) {
		kind := accessDenied
		if s.options.Switches.DenyIs401 {
			kind = unauthorizedException
		}
		return &apiError{kind: kind, detail: "source address not allowed", public: "Forbidden"}
	}
	unauthorized := func(why string) error {
		return &apiError{kind: unauthorizedException, detail: why, public: "Authorization header is invalid or missing."}
	}
	if q.path.tenant != s.options.Tenant {
		return unauthorized("wrong tenant")
	}
	if q.path.resource == "" {
		return unauthorized("no resource in the path")
	}
	if why := s.badToken(q); why != "" {
		return unauthorized(why)
	}
	return nil
}

// badToken says what is wrong with the bearer token, or nothing. Without a configured token any will do.
func (s *Server) badToken(q *request) string {
	token := bearer(q.http.Header.Get("Authorization"))
	if token == "" {
		return "no bearer token"
	}
	if s.expired(token) {
		return "token expired"
	}
	q.writer = scimCaller
	if s.options.Tokens == nil {
		return ""
	}
	i := slices.IndexFunc(s.options.Tokens, func(t Token) bool { return t.Value == token })
	switch {
	case i < 0:
		return "unknown token"
	case !s.options.Tokens[i].Expires.IsZero() && !q.now.Before(s.options.Tokens[i].Expires):
		return "token expired"
	}
	q.writer = cmp.Or(s.options.Tokens[i].By, scimCaller)
	return ""
}

// bearer is the token of an Authorization header, or empty.
func bearer(header string) string {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// scimError writes the error body of the real service: schema and schemas, a status that is a string, no scimType, a time
// without zone.
func (s *Server) scimError(q *request, e *apiError, status int) func(http.ResponseWriter) {
	detail := e.public
	if detail == "" || (e.kind == validationException && s.options.Switches.SpecificDetail) {
		detail = e.detail
	}
	body := map[string]any{
		"schema": []string{errorSchema}, "schemas": []string{errorSchema},
		"detail": detail, "status": strconv.Itoa(status),
		"exceptionRequestId": q.id, "timeStamp": q.now.UTC().Format("2006-01-02 15:04:05.000"),
	}
	throttled := e.kind == throttlingException
	plain := throttled && s.options.Switches.PlainThrottle
	retryAfter := ""
	if throttled {
		retryAfter = s.retryAfter(q.now, e.retryAfter)
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-RequestId", q.id)
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		if plain {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "Too Many Requests")
			return
		}
		writeJSON(w, "application/json", response{status, body})
	}
}

// retryAfter is the header's value, or empty.
func (s *Server) retryAfter(now time.Time, wait time.Duration) string {
	up := wait + time.Second - 1
	switch s.options.Switches.RetryAfter {
	case RetryAfterSeconds:
		return strconv.Itoa(int(up / time.Second))
	case RetryAfterDate:
		return now.Add(up).UTC().Format(http.TimeFormat)
	case RetryAfterNone:
	}
	return ""
}

func writeJSON(w http.ResponseWriter, contentType string, res response) {
	if res.body == nil {
		w.WriteHeader(res.status)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(res.status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(res.body) // bodies are of types that can be encoded; the client may be gone
}

// object decodes a JSON object and nothing after it.
func (q *request) object() (map[string]any, error) {
	var m map[string]any
	if err := json.Unmarshal(q.body, &m); err != nil || m == nil {
		return nil, invalid("Invalid JSON from RequestBody")
	}
	return m, nil
}

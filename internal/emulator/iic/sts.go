package iic

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stsAction is the action of a request in the query protocol, or empty. The body can be read again afterwards.
func stsAction(r *http.Request) string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || r.Body == nil || kind != "application/x-www-form-urlencoded" || strings.Trim(r.URL.Path, "/") != "" {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return form.Get("Action")
}

// answerSTS is one request of AWS STS from the door to the answer.
func (s *Server) answerSTS(q *request) func(http.ResponseWriter) {
	result, err := s.serveSTS(q)
	if err != nil {
		return s.stsError(q, asAPIError(err))
	}
	return xmlAnswer(q, http.StatusOK, result)
}

func (s *Server) serveSTS(q *request) (any, error) {
	m := credential.FindStringSubmatch(q.http.Header.Get("Authorization"))
	if m == nil {
		return nil, &apiError{kind: "MissingAuthenticationToken", detail: "Request is missing Authentication Token"}
	}
	q.caller = m[1]
	if err := s.identify(q); err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(q.body))
	if err != nil || form.Get("Version") != "2011-06-15" {
		return nil, &apiError{kind: "InvalidAction", detail: "Could not find operation " + strings.TrimPrefix(q.op, stsPrefix) + " for version " + form.Get("Version")}
	}
	switch q.op {
	case "sts:GetCallerIdentity":
		return s.callerIdentity(q), nil
	case "sts:AssumeRole":
		return s.assumeRole(q, form)
	}
	return nil, &apiError{kind: "InvalidAction", detail: "Could not find operation " + strings.TrimPrefix(q.op, stsPrefix) + " for version 2011-06-15"}
}

type stsMetadata struct {
	RequestID string `xml:"RequestId"`
}

type callerIdentity struct {
	XMLName  xml.Name    `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	Arn      string      `xml:"GetCallerIdentityResult>Arn"`
	UserID   string      `xml:"GetCallerIdentityResult>UserId"`
	Account  string      `xml:"GetCallerIdentityResult>Account"`
	Metadata stsMetadata `xml:"ResponseMetadata"`
}

// callerIdentity: STS API reference, GetCallerIdentity. No policy can refuse it.
func (s *Server) callerIdentity(q *request) callerIdentity {
	arn := s.caller(q)
	id := "AIDA" + strings.ToUpper(q.caller)
	if role, name, ok := assumed(arn); ok {
		id = roleID(role) + ":" + name
	}
	return callerIdentity{Arn: arn, UserID: id, Account: accountOf(arn), Metadata: stsMetadata{q.id}}
}

type assumedRole struct {
	XMLName    xml.Name    `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleResponse"`
	Arn        string      `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	ID         string      `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	Key        string      `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	Secret     string      `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	Token      string      `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration string      `xml:"AssumeRoleResult>Credentials>Expiration"`
	Metadata   stsMetadata `xml:"ResponseMetadata"`
}

// assumeRole: STS API reference, AssumeRole.
func (s *Server) assumeRole(q *request, form url.Values) (any, error) {
	arn, name := form.Get("RoleArn"), form.Get("RoleSessionName")
	if err := violated(assumable(form)); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.options.IAM.Roles, func(r AssumableRole) bool { return r.Arn == arn })
	refused := &apiError{kind: accessDenied, detail: "User: " + s.caller(q) + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
	if i < 0 || slices.Contains(s.options.IAM.Missing, q.op) {
		return nil, refused
	}
	role := s.options.IAM.Roles[i]
	if !role.trusts(s.caller(q)) || role.ExternalID != "" && role.ExternalID != form.Get("ExternalId") {
		return nil, refused // the trust policy says no more than IAM does
	}
	life, err := role.lifetime(form.Get("DurationSeconds"), s.sessions[q.caller].token != "")
	if err != nil {
		return nil, err
	}
	s.issued++
	made := session{role: arn, arn: sessionArn(arn, name), token: fmt.Sprintf("IQoJb3JpZ2luX2VjE%012d", s.issued), expires: q.now.Add(life).Truncate(time.Second)}
	key := fmt.Sprintf("ASIAEMULATED%08d", s.issued)
	s.sessions[key] = made
	return assumedRole{
		Arn: made.arn, ID: roleID(lastOf(arn)) + ":" + name, Key: key, Secret: fmt.Sprintf("emulated/%031d", s.issued), Token: made.token,
		Expiration: made.expires.UTC().Format(time.RFC3339), Metadata: stsMetadata{q.id},
	}, nil
}

// trusts says whether a principal is trusted: by its own ARN, as a session of a trusted role, or with its whole account.
func (r AssumableRole) trusts(caller string) bool {
	return r.Trusted == nil || slices.ContainsFunc(r.Trusted, func(arn string) bool {
		role, _, isSession := assumed(caller)
		return arn == caller || arn == "arn:aws:iam::"+accountOf(caller)+":root" ||
			isSession && accountOf(arn) == accountOf(caller) && strings.Contains(arn, ":role/") && lastOf(arn) == role
	})
}

// lifetime is how long a session lasts: an hour at most when one session leads to the next.
func (r AssumableRole) lifetime(seconds string, chained bool) (time.Duration, error) {
	n, _ := strconv.Atoi(seconds) // looked at before
	life, most := time.Duration(n)*time.Second, max(r.MaxSession, time.Hour)
	switch {
	case n == 0:
		return time.Hour, nil
	case chained && life > time.Hour:
		return 0, &apiError{kind: validationException, detail: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"}
	case life > most:
		return 0, &apiError{kind: validationException, detail: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
	}
	return life, nil
}

// Patterns of the STS API reference (AssumeRole, Request Parameters).
var (
	rolePattern     = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	sessionPattern  = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalPattern = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
	secondsPattern  = regexp.MustCompile(`^\d{1,6}$`)
)

// assumable finds what is wrong with the input.
func assumable(form url.Values) []string {
	bad := slices.Concat(named("roleArn", form.Get("RoleArn"), false, rolePattern), named("roleSessionName", form.Get("RoleSessionName"), false, sessionPattern))
	if form.Has("ExternalId") {
		bad = append(bad, named("externalId", form.Get("ExternalId"), false, externalPattern)...)
		if len(form.Get("ExternalId")) > 1224 {
			bad = append(bad, "Value at 'externalId' failed to satisfy constraint: Member must have length less than or equal to 1224")
		}
	}
	if !form.Has("DurationSeconds") {
		return bad
	}
	bad = append(bad, named("durationSeconds", form.Get("DurationSeconds"), false, secondsPattern)...)
	if n, err := strconv.Atoi(form.Get("DurationSeconds")); err == nil && (n < 900 || n > 43200) {
		bad = append(bad, "Value at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200")
	}
	return bad
}

// ExpireSessions ends all temporary credentials that AssumeRole gave out.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, one := range s.sessions {
		one.expires = time.Time{}
		s.sessions[key] = one
	}
}

// sessionArn is the ARN of a session: without the role's path (IAM user guide: IAM identifiers).
func sessionArn(role, name string) string {
	head, _, _ := strings.Cut(role, ":iam::")
	return head + ":sts::" + accountOf(role) + ":assumed-role/" + lastOf(role) + "/" + name
}

// assumed takes the ARN of a session apart.
func assumed(arn string) (role, name string, ok bool) {
	_, rest, ok := strings.Cut(arn, ":assumed-role/")
	role, name, _ = strings.Cut(rest, "/")
	return role, name, ok
}

// accountOf is the fifth part of an ARN, or empty.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

// roleID stands for the unique id of a role.
func roleID(name string) string { return fmt.Sprintf("AROA%X", name) }

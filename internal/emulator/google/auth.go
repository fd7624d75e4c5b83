package google

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// scopePrefix begins every scope.
const scopePrefix = "https://www.googleapis.com/auth/"

// The kinds of caller.
const (
	kindUser      = "user"
	kindAccount   = "serviceAccount"
	kindFederated = "federated"
)

// tokenLife is what expires_in says (OAuth 2.0 for server to server
// applications: handling the response).
const tokenLife = 3599 * time.Second

// A session is what an access token stands for.
type session struct {
	kind    string
	email   string   // of the user or service account; the ARN's principal when federated
	members []string // how IAM policies may name the caller
	scopes  []string
	expires time.Time
	used    int
	revoked bool

	noProject bool // Directory calls need X-Goog-User-Project
}

func (s *session) has(accepted []string) bool {
	return slices.ContainsFunc(s.scopes, func(x string) bool { return slices.Contains(accepted, x) })
}

// scopesOf are the scopes that a method accepts (Directory API discovery
// document, scopes); known is false for what is no Directory method.
func scopesOf(op string) (accepted []string, known bool) {
	var names []string
	switch resource, _, _ := strings.Cut(op, "."); resource {
	case "users":
		names = []string{"admin.directory.user", "admin.directory.user.readonly"}
		if op == "users.list" {
			names = append(names, "cloud-platform")
		}
	case "groups":
		names = []string{"admin.directory.group", "admin.directory.group.readonly"}
	case "members":
		names = []string{
			"admin.directory.group", "admin.directory.group.readonly",
			"admin.directory.group.member", "admin.directory.group.member.readonly",
		}
	case "orgunits":
		names = []string{"admin.directory.orgunit", "admin.directory.orgunit.readonly"}
	case "schemas":
		names = []string{"admin.directory.userschema", "admin.directory.userschema.readonly"}
	case "customers":
		names = []string{"admin.directory.customer", "admin.directory.customer.readonly"}
	case "domains":
		names = []string{"admin.directory.domain", "admin.directory.domain.readonly"}
	case "roles", "roleAssignments":
		names = []string{"admin.directory.rolemanagement", "admin.directory.rolemanagement.readonly"}
	default:
		return nil, false
	}
	for _, n := range names {
		accepted = append(accepted, scopePrefix+n)
	}
	return accepted, true
}

// authenticate finds out who is calling, and counts the use of the token.
func (c *call) authenticate() error {
	token, err := bearer(c.r)
	if err != nil {
		return err
	}
	who := c.s.vaultUse(token, c.opts.RevokeTokenAfter, c.now)
	if who == nil {
		return invalidCredentials()
	}
	if who.kind == kindUser && c.view.user(who.email) == nil {
		return invalidCredentials() // deleted since
	}
	c.who = who
	if who.noProject && c.r.Header.Get("X-Goog-User-Project") == "" {
		return quotaProject()
	}
	return nil
}

func bearer(r *http.Request) (string, error) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return "", loginRequired()
	}
	return token, nil
}

// authorize checks the token's scopes, then what the caller may do in the
// customer (Directory API guide: authorize requests; Admin console help:
// administrator privileges).
func (c *call) authorize() error {
	accepted, _ := scopesOf(c.op)
	if !c.who.has(accepted) {
		return scopeMissing(c.op, accepted)
	}
	if c.view.f.Customer.APIBlocked {
		return domainBlocked()
	}
	if c.allowed() {
		return nil
	}
	return forbidden()
}

func (c *call) allowed() bool {
	resource, _, _ := strings.Cut(c.op, ".")
	switch c.who.kind {
	case kindUser:
		u := c.view.user(c.who.email)
		if u.NeverLoggedIn || u.Suspended {
			return false // the terms are not accepted, or no one is there
		}
		public := resource == "users" && c.q.Get("viewType") == "domain_public"
		return u.IsAdmin || public || c.view.grants(u.ID, resource, false)
	case kindAccount:
		sa := c.view.accounts[fold(c.who.email)]
		return sa != nil && !sa.Disabled && !sa.Deleted && c.view.grants(sa.ClientID, resource, c.opts.Strict.ManagementRolesOnly)
	default:
		return false
	}
}

// grants says whether the roles of an id, or of its groups, let it read a
// resource: X_RETRIEVE or X_ALL. What has no privilege of its own is open to
// every administrator.
func (v *view) grants(id, resource string, managementOnly bool) bool {
	prefix := map[string]string{
		"users": "USERS", "groups": "GROUPS", "members": "GROUPS", "orgunits": "ORGANIZATION_UNITS", "schemas": "SCHEMA",
	}[resource]
	for _, a := range v.f.RoleAssignments {
		g := v.groups[a.AssignedTo]
		if a.AssignedTo != id && (g == nil || !g.holds(id)) {
			continue
		}
		for _, r := range v.f.Roles {
			if r.ID != a.RoleID {
				continue
			}
			reads := slices.Contains(r.Privileges, prefix+"_RETRIEVE") && !managementOnly
			if r.SuperAdmin || prefix == "" || reads || slices.Contains(r.Privileges, prefix+"_ALL") {
				return true
			}
		}
	}
	return false
}

// vault keeps the sessions by token, and the keys that Google holds itself.
type vault struct {
	sessions map[string]*session
	keys     map[string]*rsa.PrivateKey // by service account
	made     int
}

func (v *vault) reset() {
	v.sessions = map[string]*session{}
	v.keys = map[string]*rsa.PrivateKey{}
}

// issue makes a token for a session.
func (s *Server) issue(who *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vault.made++
	token := fmt.Sprintf("ya29.%s", number(60, who.kind, who.email, fmt.Sprint(s.vault.made)))
	s.vault.sessions[token] = who
	return token
}

// vaultUse finds the session of a token, if it still is good. It is a copy.
func (s *Server) vaultUse(token string, limit int, now time.Time) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.vault.sessions[token]
	if who == nil || who.revoked || !now.Before(who.expires) {
		return nil
	}
	if who.used++; limit > 0 && who.used > limit {
		who.revoked = true
		return nil
	}
	found := *who
	return &found
}

// Token makes an access token without any ceremony, for tests that are about
// something else. The principal is a user's or a service account's address;
// scopes may be short ("admin.directory.user.readonly").
func (s *Server) Token(principal string, scopes ...string) string {
	who := &session{kind: kindUser, email: principal, expires: s.now().Add(tokenLife)}
	if s.dir.snapshot().accounts[fold(principal)] != nil {
		who.kind = kindAccount
		who.members = []string{"serviceAccount:" + principal}
	}
	for _, x := range scopes {
		if !strings.Contains(x, "/") {
			x = scopePrefix + x
		}
		who.scopes = append(who.scopes, x)
	}
	return s.issue(who)
}

// RevokeTokens ends every access token that was issued so far.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, who := range s.vault.sessions {
		who.revoked = true
	}
}

// revoke ends the token of a request.
func (s *Server) revoke(r *http.Request) {
	token, err := bearer(r)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if who := s.vault.sessions[token]; who != nil {
		who.revoked = true
	}
}

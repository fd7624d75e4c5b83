package google

import (
	"net/http"
	"time"
)

// federationRefusals are those of the security token service and the IAM
// Service Account Credentials API. Not among them is the row about
// 169.254.169.254: that is a client which asks the wrong machine, and no
// server's answer.
func federationRefusals() []Refusal {
	sts := func(name string, status int, code, message string, install func(*Server) func()) Refusal {
		return Refusal{Name: name, Table: TableFederation, Where: "sts.token", Status: status, Code: code, Message: message, Install: install}
	}
	iam := func(name, op, message string, install func(*Server) func()) Refusal {
		return Refusal{Name: name, Table: TableFederation, Where: op, Status: http.StatusForbidden, Code: "PERMISSION_DENIED", Message: message, Install: install}
	}
	return []Refusal{
		sts("identity foreign", http.StatusBadRequest, "invalid_grant", "", eachProvider(func(p *Provider) {
			p.AccountID = "999999999999"
			if p.Issuer != "" {
				p.Issuer = "https://issuer.example.net"
			}
		})),
		sts("identity stale", http.StatusBadRequest, "invalid_grant", "", staleIdentity),
		sts("provider missing", http.StatusBadRequest, "invalid_target", `The target service indicated by the "audience" parameters is invalid.`,
			eachProvider(func(p *Provider) { p.Disabled = true })),
		sts("attribute condition", http.StatusUnauthorized, "unauthorized_client", "The given credential is rejected by the attribute condition.",
			eachProvider(func(p *Provider) {
				p.AllowedRoles = []string{"arn:aws:sts::" + p.AccountID + ":assumed-role/another"}
				p.AllowedRepositories = []string{"another/repository"}
			})),
		iam("signJwt denied", "iam.signJwt", "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).",
			eachAccount(func(sa *ServiceAccount) { sa.TokenCreators = nil })),
		iam("getAccessToken denied", "iam.generateAccessToken", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
			eachAccount(func(sa *ServiceAccount) { sa.TokenCreators, sa.IdentityUsers = nil, nil })),
		iam("IAM Credentials API off", "iam.signJwt", "IAM Service Account Credentials API has not been used in project ",
			edited(func(f *Fixture) { f.Project.IAMAPIOff = true })),
		iam("STS API off", "sts.token", "Security Token Service API has not been used in project ",
			edited(func(f *Fixture) { f.Project.STSAPIOff = true })),
	}
}

// staleIdentity makes what AWS clients sign too late, and what GitHub gives out
// too old, whatever the server's clock says.
func staleIdentity(s *Server) func() {
	ends := []func(){skewed(20 * time.Minute)(s), edited(func(f *Fixture) { f.GitHub.AgeSeconds += 1200 })(s)}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// directoryOps are the methods of the API.
func directoryOps() []string {
	var ops []string
	for _, r := range routes() {
		ops = append(ops, r.op)
	}
	return ops
}

// directoryRefusals are those of the Directory API (Admin SDK guide:
// troubleshoot errors). The last is that of user credentials without a quota
// project (Cloud authentication guide: troubleshoot your ADC setup).
func directoryRefusals() []Refusal {
	row := func(name, op string, e *apiError, install func(*Server) func()) Refusal {
		return Refusal{Name: name, Table: TableDirectory, Where: op, Status: e.code, Code: e.reason, Message: e.message, Install: install}
	}
	canned := func(name, op string, e *apiError, ops ...string) Refusal {
		return row(name, op, e, answered(saying(e), append(ops, op)...))
	}
	everywhere := func(k FaultKind) func(*Server) func() { return answered(Fault{Kind: k}, directoryOps()...) }
	off := apiOff("admin.googleapis.com", "Admin SDK API", "")
	off.message = "Admin SDK API has not been used in project "
	return []Refusal{
		row("Admin SDK API off", "users.list", off, edited(func(f *Fixture) { f.Project.AdminAPIOff = true })),
		row("scope missing", "users.list", scopeMissing("users.list", nil), everywhere(ScopeMissing)),
		row("role missing", "users.list", forbidden(), withoutRoles),
		canned("domain unknown", "users.list", domainNotFound(), "groups.list", "customers.get"),
		row("group gone", "members.list", notFound("groupKey"), vanishing),
		row("user gone", "users.get", notFound("userKey"), answered(Fault{Kind: NotFound}, "users.get")),
		row("member gone", "members.hasMember", notFound("memberKey"), answered(Fault{Kind: NotFound}, "members.hasMember", "members.get")),
		canned("my_customer without customer", "users.list", invalidInput(""), "groups.list", "customers.get"),
		canned("parameters contradictory", "users.list", badRequest("Bad Request"), "groups.list"),
		canned("query malformed", "users.list", invalidInput("query"), "groups.list"),
		canned("key of a group", "users.get", badRequest("Type not supported: userKey")),
		row("domain without APIs", "users.list", domainBlocked(), edited(func(f *Fixture) { f.Customer.APIBlocked = true })),
		row("token expired", "users.list", invalidCredentials(), everywhere(AuthError)),
		row("login required", "users.list", loginRequired(), everywhere(LoginRequired)),
		row("quota project missing", "users.list", quotaProject(), everywhere(QuotaProject)),
	}
}

// withoutRoles leaves every administrator, user or service account, in place
// and without a role.
func withoutRoles(s *Server) func() {
	return edited(func(f *Fixture) {
		f.RoleAssignments = nil
		for i := range f.Users {
			f.Users[i].IsAdmin, f.Users[i].IsDelegatedAdmin = false, false
		}
	})(s)
}

// vanishing is a group that is deleted just before its members are listed, and
// is there again at the end.
func vanishing(s *Server) func() {
	back := edited(func(*Fixture) {})(s)
	end := s.Inject(Fault{Kind: VanishGroup, Op: "members.list"})
	return func() {
		end()
		back()
	}
}

package google

import (
	"net/http"
	"strings"
)

// metadataServer answers for the metadata server of a virtual machine, as far
// as application default credentials ask it (Compute Engine guide: view and
// query VM metadata; authenticate workloads using service accounts). The
// header Metadata-Flavor is required, and comes back.
func metadataServer(c *call) (*reply, error) {
	m := c.view.f.Metadata
	sa := c.view.accounts[fold(m.ServiceAccount)]
	if m.ServiceAccount == "" {
		return plainReply(http.StatusNotFound, "text/html; charset=UTF-8", htmlNotFound), nil // no such machine
	}
	rep := c.metadata(m, sa)
	if rep.header == nil {
		rep.header = http.Header{}
	}
	rep.header.Set("Metadata-Flavor", "Google")
	rep.header.Set("Server", "Metadata Server for VM")
	return rep, nil
}

func (c *call) metadata(m Metadata, sa *ServiceAccount) *reply {
	path := c.params["path"]
	if c.r.Header.Get("Metadata-Flavor") != "Google" || c.r.Header.Get("X-Forwarded-For") != "" {
		return plainReply(http.StatusForbidden, "text/html; charset=UTF-8",
			"<!DOCTYPE html>\n<html lang=en>\n<title>Error 403 (Forbidden)!!1</title>\n<p>Your client does not have permission to get URL <code>/computeMetadata/v1/"+path+"</code> from this server. Missing Metadata-Flavor:Google header.\n")
	}
	switch path {
	case "project/project-id":
		return metadataText(projectOf(m, sa))
	case "project/numeric-project-id":
		return metadataText(c.view.f.Project.Number)
	case "universe/universe-domain":
		return metadataText("googleapis.com")
	}
	account, what, _ := strings.Cut(strings.TrimPrefix(path, "instance/service-accounts/"), "/")
	if account != "default" && fold(account) != fold(m.ServiceAccount) {
		return plainReply(http.StatusNotFound, "text/html; charset=UTF-8", htmlNotFound)
	}
	return c.attached(m, sa, what)
}

// projectOf is the project of the machine: that of its service account.
func projectOf(m Metadata, sa *ServiceAccount) string {
	if sa != nil && sa.ProjectID != "" {
		return sa.ProjectID
	}
	project, _, _ := strings.Cut(domainOf(m.ServiceAccount), ".")
	return project
}

// attached tells about the attached service account.
func (c *call) attached(m Metadata, sa *ServiceAccount, what string) *reply {
	alive := sa != nil && !sa.Disabled && !sa.Deleted
	switch {
	case what == "email":
		return metadataText(m.ServiceAccount)
	case what == "scopes":
		return metadataText(strings.Join(m.scopes(""), "\n") + "\n")
	case what == "token" && alive:
		return c.metadataToken(m)
	}
	return plainReply(http.StatusNotFound, "text/html; charset=UTF-8", htmlNotFound)
}

// metadataToken is an access token of the attached service account.
func (c *call) metadataToken(m Metadata) *reply {
	who := &session{
		kind: kindAccount, email: m.ServiceAccount, members: []string{"serviceAccount:" + m.ServiceAccount},
		scopes: m.scopes(c.q.Get("scopes")), expires: c.now.Add(tokenLife),
	}
	return &reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: map[string]any{
		"access_token": c.s.issue(who), "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer",
	}}
}

// scopes are those of a token, for which the comma-separated ones were asked.
func (m Metadata) scopes(asked string) []string {
	switch {
	case asked != "" && m.AnyScopes:
		return strings.Split(asked, ",")
	case len(m.Scopes) > 0:
		return m.Scopes
	}
	return []string{scopePrefix + "cloud-platform"}
}

func metadataText(text string) *reply { return plainReply(http.StatusOK, "application/text", text) }

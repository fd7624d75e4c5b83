package google

import (
	"strings"
)

// A mask is a partial response selector: name → what of it; a nil child is
// all of it (Google APIs guide: partial response, fields).
type mask map[string]mask

// A shape is what a resource may be asked for: name → what is in it; a nil
// child has free form and takes any selector.
type shape map[string]shape

// parseMask reads a selector like "nextPageToken,users(id,name/fullName)".
// No text is no mask. A name that the resource lacks is a 400.
func parseMask(text string, s shape) (mask, error) {
	if text == "" {
		return nil, nil
	}
	p := maskParser{text: text}
	m, err := p.list(s)
	if err == nil && p.pos < len(p.text) {
		err = invalidField(p.text[p.pos:])
	}
	return m, err
}

func invalidField(name string) *apiError {
	return invalidParameter("fields", "Invalid field selection "+name)
}

type maskParser struct {
	text string
	pos  int
}

// list reads selectors between commas.
func (p *maskParser) list(s shape) (mask, error) {
	m := mask{}
	for {
		if err := p.selector(m, s); err != nil {
			return nil, err
		}
		if !p.take(',') {
			return m, nil
		}
	}
}

// selector reads name, name/selector or name(list) into m.
func (p *maskParser) selector(m mask, s shape) error {
	start := p.pos
	for p.pos < len(p.text) && !strings.ContainsRune(",()/", rune(p.text[p.pos])) {
		p.pos++
	}
	name := strings.TrimSpace(p.text[start:p.pos])
	inner, known := s[name]
	if name == "" || name != "*" && s != nil && !known {
		return invalidField(name)
	}
	child, whole := mask{}, false
	switch {
	case p.take('/'):
		if err := p.selector(child, inner); err != nil {
			return err
		}
	case p.take('('):
		list, err := p.list(inner)
		if err != nil {
			return err
		}
		if !p.take(')') {
			return invalidField(p.text[start:])
		}
		child = list
	default:
		whole = true
	}
	m.add(name, child, whole)
	return nil
}

func (p *maskParser) take(b byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == b {
		p.pos++
		return true
	}
	return false
}

// add joins a selector to those that are there: the whole swallows parts.
func (m mask) add(name string, child mask, whole bool) {
	old, there := m[name]
	switch {
	case whole || there && old == nil:
		m[name] = nil
	case !there:
		m[name] = child
	default:
		for k, v := range child {
			old.add(k, v, v == nil)
		}
	}
}

// apply keeps of an object what the mask names.
func (m mask) apply(body map[string]any) map[string]any {
	kept := map[string]any{}
	for k, v := range body {
		child, ok := m[k]
		if !ok {
			if child, ok = m["*"]; !ok {
				continue
			}
		}
		if child == nil {
			kept[k] = v
			continue
		}
		kept[k] = child.within(v)
	}
	return kept
}

func (m mask) within(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return m.apply(v)
	case []map[string]any:
		rows := make([]map[string]any, len(v))
		for i, row := range v {
			rows[i] = m.apply(row)
		}
		return rows
	case []any:
		rows := make([]any, len(v))
		for i, row := range v {
			rows[i] = m.within(row)
		}
		return rows
	default:
		return v
	}
}

// resourceOf is the shape of an operation's answer (Directory API discovery
// document, schemas).
func resourceOf(op string) shape {
	resource, method, _ := strings.Cut(op, ".")
	if op == "members.hasMember" {
		return names("isMember")
	}
	one := map[string]shape{
		"users": userShape(), "customers": names("kind id etag customerDomain alternateEmail customerCreationTime language phoneNumber postalAddress"),
		"groups":          names("kind id etag email name description directMembersCount adminCreated aliases nonEditableAliases externalIds"),
		"members":         names("kind id etag email role type status delivery_settings"),
		"orgunits":        names("kind etag name description orgUnitId orgUnitPath parentOrgUnitId parentOrgUnitPath blockInheritance"),
		"schemas":         names("kind etag schemaId schemaName displayName fields"),
		"domains":         names("kind etag domainName isPrimary verified creationTime domainAliases"),
		"roles":           names("kind etag roleId roleName roleDescription isSuperAdminRole isSystemRole rolePrivileges"),
		"roleAssignments": names("kind etag roleAssignmentId roleId assignedTo assigneeType scopeType orgUnitId condition"),
	}[resource]
	if method != "list" {
		return one
	}
	list := names("kind etag nextPageToken")
	switch resource {
	case "orgunits":
		list["organizationUnits"] = one
	case "roles", "roleAssignments":
		list["items"] = one
	default:
		list[resource] = one
	}
	return list
}

func userShape() shape {
	s := names(`kind id etag primaryEmail aliases nonEditableAliases emails externalIds organizations phones addresses
		relations languages locations ims websites keywords gender notes posixAccounts sshPublicKeys
		suspended suspensionReason suspensionTime archived archivalTime isAdmin isDelegatedAdmin isEnrolledIn2Sv
		isEnforcedIn2Sv isGuestUser isMailboxSetup agreedToTerms ipWhitelisted changePasswordAtNextLogin
		includeInGlobalAddressList orgUnitPath customerId customSchemas thumbnailPhotoUrl thumbnailPhotoEtag
		creationTime lastLoginTime deletionTime recoveryEmail recoveryPhone hashFunction password`)
	s["name"] = names("givenName familyName fullName displayName")
	s["guestAccountInfo"] = names("primaryGuestEmail")
	return s
}

func names(list string) shape {
	s := shape{}
	for n := range strings.FieldsSeq(list) {
		s[n] = nil
	}
	return s
}

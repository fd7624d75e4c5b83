package google

import (
	"cmp"
	"net/http"
	"strings"
)

// rootUnit is the id of the root, which no list shows unless asked for it.
func rootUnit(customer string) OrgUnit {
	return OrgUnit{ID: "id:" + groupID("orgunit:/"+customer, 0), Path: "/"}
}

// orgUnitsList answers orgunits.list: the children of a unit, all below it, or
// all below it and itself (Directory API reference: orgunits.list, type). It
// is not paged.
func orgUnitsList(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	parent, err := c.orgUnit(cmp.Or(c.q.Get("orgUnitPath"), "/"))
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, o := range append([]OrgUnit{rootUnit(c.view.f.Customer.ID)}, c.view.f.OrgUnits...) {
		self := fold(o.Path) == fold(parent.Path)
		below := !self && inUnit(o.Path, parent.Path)
		switch c.q.Get("type") {
		case "all":
		case "allIncludingParent":
			below = below || self
		default:
			below = below && fold(parentPath(o.Path)) == fold(parent.Path)
		}
		if below {
			rows = append(rows, c.orgUnitBody(o))
		}
	}
	return c.list("admin#directory#orgUnits", "organizationUnits", rows, ""), nil
}

// orgUnitsGet answers orgunits.get. In a path the unit has no leading slash.
func orgUnitsGet(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	o, err := c.orgUnit(c.params["orgUnitPath"])
	if err != nil {
		return nil, err
	}
	return c.one(c.orgUnitBody(o)), nil
}

// orgUnit finds a unit by id, or by path with or without the leading slash.
func (c *call) orgUnit(key string) (OrgUnit, error) {
	root := rootUnit(c.view.f.Customer.ID)
	path := "/" + strings.Trim(key, "/")
	if path == "/" || key == root.ID {
		return root, nil
	}
	for _, o := range c.view.f.OrgUnits {
		if o.ID == key || fold(o.Path) == fold(path) {
			return o, nil
		}
	}
	return OrgUnit{}, &apiError{code: http.StatusNotFound, reason: "notFound", message: "Org unit not found"}
}

func (c *call) orgUnitBody(o OrgUnit) map[string]any {
	m := map[string]any{
		"kind": "admin#directory#orgUnit", "orgUnitId": o.ID, "orgUnitPath": o.Path,
		"name": o.Path[strings.LastIndexByte(o.Path, '/')+1:], "description": o.Description, "blockInheritance": false,
	}
	if o.Path != "/" {
		parent, err := c.orgUnit(parentPath(o.Path))
		if err == nil {
			m["parentOrgUnitPath"], m["parentOrgUnitId"] = parent.Path, parent.ID
		}
	}
	return withEtag(m)
}

// inUnit says whether a path is the unit or below it, without case.
func inUnit(path, unit string) bool {
	p, u := fold(path), strings.TrimSuffix(fold(unit), "/")
	return p == u || strings.HasPrefix(p, u+"/")
}

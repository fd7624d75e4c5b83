package google

import (
	"cmp"
	"slices"
)

// schemasList answers schemas.list, which is not paged.
func schemasList(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, s := range c.view.f.Schemas {
		rows = append(rows, schemaBody(s))
	}
	return c.list("admin#directory#schemas", "schemas", rows, ""), nil
}

// schemasGet answers schemas.get.
func schemasGet(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	key := c.params["schemaKey"]
	i := slices.IndexFunc(c.view.f.Schemas, func(s Schema) bool { return schemaID(s) == key || fold(s.Name) == fold(key) })
	if i < 0 {
		return nil, notFound("schemaKey")
	}
	return c.one(schemaBody(c.view.f.Schemas[i])), nil
}

func schemaID(s Schema) string { return cmp.Or(s.ID, "S"+groupID("schema:"+s.Name, 0)) }

func schemaBody(s Schema) map[string]any {
	var fields []any
	for _, f := range s.Fields {
		m := map[string]any{
			"kind": "admin#directory#schema#fieldspec", "fieldId": cmp.Or(f.ID, groupID(s.Name+"."+f.Name, 0)),
			"fieldName": f.Name, "fieldType": f.Type, "displayName": cmp.Or(f.DisplayName, f.Name),
			"multiValued": f.MultiValued, "indexed": !f.Unindexed, "readAccessType": cmp.Or(f.AccessType, "ALL_DOMAIN_USERS"),
		}
		if f.Numeric {
			m["numericIndexingSpec"] = map[string]any{}
		}
		fields = append(fields, withEtag(m))
	}
	return withEtag(map[string]any{
		"kind": "admin#directory#schema", "schemaId": schemaID(s), "schemaName": s.Name,
		"displayName": cmp.Or(s.DisplayName, s.Name), "fields": fields,
	})
}

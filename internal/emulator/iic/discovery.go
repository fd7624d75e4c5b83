package iic

import "net/http"

// serviceProviderConfig: SCIM guide, ServiceProviderConfig. The documented answer does not mention cursors, and its
// filter.maxResults was left behind when pages grew to 100.
func (s *Server) serviceProviderConfig(*request) (response, error) {
	type object = map[string]any
	body := object{
		"schemas":          []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html",
		"authenticationSchemes": []object{{
			"type": "oauthbearertoken", "name": "OAuth Bearer Token",
			"description":      "Authentication scheme using the OAuth Bearer Token Standard",
			"specUri":          "https://www.rfc-editor.org/info/rfc6750",
			"documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/provision-automatically.html",
			"primary":          true,
		}},
		"patch":          object{"supported": true},
		"bulk":           object{"supported": false, "maxOperations": 1, "maxPayloadSize": 1048576},
		"filter":         object{"supported": true, "maxResults": 50},
		"changePassword": object{"supported": false},
		"sort":           object{"supported": false},
		"etag":           object{"supported": false},
	}
	if s.options.Switches.AnnounceCursor { // RFC 9865 §4
		body["pagination"] = object{
			"cursor": true, "index": false, "defaultPaginationMethod": "cursor",
			"defaultPageSize": pageSize, "maxPageSize": pageSize,
		}
	}
	return response{http.StatusOK, body}, nil
}

func listOf(resources ...any) response {
	return response{http.StatusOK, plainList{len(resources), len(resources), 1, []string{listSchema}, resources}}
}

// listResourceTypes: SCIM guide, ListResourceTypes.
func (s *Server) listResourceTypes(*request) (response, error) {
	type object = map[string]any
	kind := func(name, description, schema string) object {
		return object{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": name, "name": name,
			"endpoint": "/" + name + "s", "description": description, "schema": schema,
			"meta": object{
				"resourceType": "ResourceType",
				"location":     "https://scim." + s.options.Region + ".amazonaws.com/" + s.options.Tenant + "/scim/v2/ResourceTypes/" + name,
			},
		}
	}
	user := kind("User", "User Account", userSchema)
	user["schemaExtensions"] = []object{{"schema": enterpriseSchema, "required": true}}
	return listOf(user, kind("Group", "Group", groupSchema)), nil
}

// listSchemas: SCIM guide, ListSchemas.
func (s *Server) listSchemas(*request) (response, error) {
	return listOf(userSchemaDocument(), groupSchemaDocument(), enterpriseSchemaDocument()), nil
}

// getSchema: SCIM guide, GetSchema.
func (s *Server) getSchema(q *request) (response, error) {
	for _, doc := range []schemaDocument{userSchemaDocument(), groupSchemaDocument(), enterpriseSchemaDocument()} {
		if doc.ID == q.path.id {
			return response{http.StatusOK, doc}, nil
		}
	}
	return response{}, notFound("Schema", q.path.id)
}

// schemaDocument and its attributes: RFC 7643 §7.
type schemaDocument struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Attributes  []schemaAttribute `json:"attributes"`
}

type schemaAttribute struct {
	Name          string            `json:"name"`
	Type          string            `json:"type"`
	MultiValued   bool              `json:"multiValued"`
	Required      bool              `json:"required"`
	CaseExact     bool              `json:"caseExact"`
	Mutability    string            `json:"mutability"`
	Returned      string            `json:"returned"`
	Uniqueness    string            `json:"uniqueness"`
	SubAttributes []schemaAttribute `json:"subAttributes,omitempty"`
}

// plain is an optional string.
func plain(name string) schemaAttribute {
	return schemaAttribute{Name: name, Type: "string", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
}

func typed(name, kind string) schemaAttribute {
	a := plain(name)
	a.Type = kind
	return a
}

func complexAttribute(name string, many bool, subs ...schemaAttribute) schemaAttribute {
	a := typed(name, "complex")
	a.MultiValued, a.SubAttributes = many, subs
	return a
}

func mandatory(a schemaAttribute) schemaAttribute {
	a.Required = true
	return a
}

func plains(names ...string) []schemaAttribute {
	var list []schemaAttribute
	for _, name := range names {
		list = append(list, plain(name))
	}
	return list
}

// userSchemaDocument says that displayName is not required, although CreateUser demands it.
func userSchemaDocument() schemaDocument {
	userName := mandatory(plain("userName"))
	userName.Uniqueness = "server"
	valued := func(name string) schemaAttribute {
		return complexAttribute(name, true, plain("value"), plain("type"), typed("primary", "boolean"))
	}
	name := complexAttribute("name", false,
		plain("formatted"), mandatory(plain("familyName")), mandatory(plain("givenName")),
		plain("middleName"), plain("honorificPrefix"), plain("honorificSuffix"))
	addresses := complexAttribute("addresses", true, append(
		plains("formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"), typed("primary", "boolean"))...)
	attributes := []schemaAttribute{userName, name}
	attributes = append(attributes, plains("displayName", "nickName")...)
	attributes = append(attributes, typed("profileUrl", "reference"))
	attributes = append(attributes, plains("title", "userType", "preferredLanguage", "locale", "timezone")...)
	attributes = append(attributes, typed("active", "boolean"), valued("emails"), addresses, valued("phoneNumbers"), valued("roles"))
	return schemaDocument{userSchema, "User", "User Account", attributes}
}

func groupSchemaDocument() schemaDocument {
	members := complexAttribute("members", true, plain("value"), typed("$ref", "reference"), plain("type"))
	return schemaDocument{groupSchema, "Group", "Group", []schemaAttribute{mandatory(plain("displayName")), members}}
}

func enterpriseSchemaDocument() schemaDocument {
	attributes := plains("employeeNumber", "costCenter", "organization", "division", "department")
	attributes = append(attributes, complexAttribute("manager", false, plain("value"), typed("$ref", "reference")))
	return schemaDocument{enterpriseSchema, "EnterpriseUser", "Enterprise User", attributes}
}

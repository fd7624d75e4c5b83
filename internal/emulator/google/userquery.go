package google

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A userField is a searchable attribute of users and the operators it takes
// (Directory API guide: search for users, fields).
type userField struct {
	ops    string // of "=", ":" and "*" for a prefix
	values func(*userRow) []string
	flag   func(*userRow) bool // for booleans, instead of values
}

func userFields() map[string]userField {
	text := func(ops string, values func(*userRow) []string) userField { return userField{ops: ops, values: values} }
	flag := func(f func(*userRow) bool) userField { return userField{ops: "=", flag: f} }
	org := func(key string) userField {
		return text("=:", func(u *userRow) []string { return pick(u.Organizations, key) })
	}
	address := func(key string) userField {
		return text("=:", func(u *userRow) []string { return pick(u.Addresses, key) })
	}
	return map[string]userField{
		"name":             text("=:", func(u *userRow) []string { return []string{u.fullName()} }),
		"email":            text("=:*", func(u *userRow) []string { return u.addresses() }),
		"givenname":        text("=:*", func(u *userRow) []string { return []string{u.Name.GivenName} }),
		"familyname":       text("=:*", func(u *userRow) []string { return []string{u.Name.FamilyName} }),
		"isadmin":          flag(func(u *userRow) bool { return u.IsAdmin }),
		"isdelegatedadmin": flag(func(u *userRow) bool { return u.IsDelegatedAdmin }),
		"issuspended":      flag(func(u *userRow) bool { return u.Suspended }),
		"isarchived":       flag(func(u *userRow) bool { return u.Archived }),
		"isenrolledin2sv":  flag(func(u *userRow) bool { return u.IsEnrolledIn2Sv }),
		"isenforcedin2sv":  flag(func(u *userRow) bool { return u.IsEnforcedIn2Sv }),
		"isguest":          flag(func(u *userRow) bool { return u.IsGuestUser }),
		"im":               text("=:", func(u *userRow) []string { return pick(u.Ims, "im") }),
		"externalid":       text("=:", func(u *userRow) []string { return pick(u.ExternalIDs, "value") }),
		"address": text(":", func(u *userRow) []string {
			return pick(u.Addresses, "formatted", "streetAddress", "extendedAddress", "poBox", "locality", "region", "postalCode", "country")
		}),
		"addresspobox": address("poBox"), "addressextended": address("extendedAddress"), "addressstreet": address("streetAddress"),
		"addresslocality": address("locality"), "addressregion": address("region"), "addresspostalcode": address("postalCode"),
		"addresscountry": address("country"),
		"orgname":        org("name"), "orgtitle": org("title"), "orgdepartment": org("department"),
		"orgdescription": org("description"), "orgcostcenter": org("costCenter"),
		"phone": text("=", func(u *userRow) []string { return pick(u.Phones, "value") }),
	}
}

func (u *userRow) addresses() []string {
	return slices.Concat([]string{u.PrimaryEmail}, u.Aliases, u.NonEditableAliases)
}

// pick collects the strings under keys of a multi-valued field.
func pick(rows []map[string]any, keys ...string) []string {
	var all []string
	for _, r := range rows {
		for _, k := range keys {
			if s, ok := r[k].(string); ok && s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

// parseUserQuery turns a search into a test of users. What the grammar lacks
// is a 400: unknown field, operator that the field does not take, a boolean
// that is neither true nor false.
func parseUserQuery(text string, v *view) (func(*userRow) bool, error) {
	clauses, err := parseQuery(text)
	if err != nil {
		return nil, err
	}
	var tests []func(*userRow) bool
	for _, c := range clauses {
		t, err := c.userTest(v)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return func(u *userRow) bool {
		return !slices.ContainsFunc(tests, func(t func(*userRow) bool) bool { return !t(u) })
	}, nil
}

func (c clause) userTest(v *view) (func(*userRow) bool, error) {
	switch {
	case c.field == "":
		return c.bareTest, nil
	case c.field == "orgunitpath" && c.op == "=":
		return func(u *userRow) bool { return inUnit(u.OrgUnitPath, c.value) }, nil
	case strings.HasSuffix(c.field, "manager") || strings.HasSuffix(c.field, "managerid"):
		return c.managerTest(v)
	case strings.Contains(c.field, "."):
		return c.customTest(v)
	}
	return c.fieldTest()
}

// bareTest looks for a value without a field in names and addresses.
func (c clause) bareTest(u *userRow) bool {
	return slices.ContainsFunc(append(u.addresses(), u.Name.GivenName, u.Name.FamilyName), func(s string) bool {
		return fold(s) == fold(c.value) || containsWords(s, c.value)
	})
}

func (c clause) fieldTest() (func(*userRow) bool, error) {
	f, known := userFields()[c.field]
	if !known || !f.takes(c.op) {
		return nil, invalidQuery()
	}
	if f.flag == nil {
		return func(u *userRow) bool { return c.testAny(f.values(u)) }, nil
	}
	want := fold(c.value) == "true"
	if !want && fold(c.value) != "false" {
		return nil, invalidQuery()
	}
	return func(u *userRow) bool { return f.flag(u) == want }, nil
}

func (f userField) takes(op string) bool {
	if op == "prefix" {
		op = "*"
	}
	return len(op) == 1 && strings.Contains(f.ops, op)
}

// managerTest handles manager and managerId, which go up the whole chain, and
// directManager and directManagerId, which do not.
func (c clause) managerTest(v *view) (func(*userRow) bool, error) {
	if c.op != "=" || !slices.Contains([]string{"manager", "managerid", "directmanager", "directmanagerid"}, c.field) {
		return nil, invalidQuery()
	}
	boss := v.user(c.value)
	chain := strings.HasPrefix(c.field, "manager")
	return func(u *userRow) bool {
		seen := map[string]bool{}
		for m := v.managerOf(u); m != nil && !seen[m.ID]; m = v.managerOf(m) {
			if m == boss {
				return true
			}
			seen[m.ID] = true
			if !chain {
				return false
			}
		}
		return false
	}, nil
}

// managerOf follows the relation of type manager, whose value is an address
// (Directory API reference: users, relations).
func (v *view) managerOf(u *userRow) *userRow {
	for _, r := range u.Relations {
		if r["type"] == "manager" {
			if email, ok := r["value"].(string); ok {
				return v.user(email)
			}
		}
	}
	return nil
}

// customTest searches a custom field, "schema.field", which must be indexed;
// comparisons need a number or a date, and the former numeric indexing.
func (c clause) customTest(v *view) (func(*userRow) bool, error) {
	schema, name, _ := strings.Cut(c.field, ".")
	s := v.schemas[schema]
	if s == nil {
		return nil, invalidQuery()
	}
	i := slices.IndexFunc(s.Fields, func(f SchemaField) bool { return fold(f.Name) == name })
	if i < 0 || s.Fields[i].Unindexed || !s.Fields[i].takes(c.op) {
		return nil, invalidQuery()
	}
	compare, err := c.comparison(s.Fields[i])
	if err != nil {
		return nil, err
	}
	return func(u *userRow) bool {
		return slices.ContainsFunc(customValues(u.CustomSchemas, s.Name, s.Fields[i].Name), compare)
	}, nil
}

func (f SchemaField) takes(op string) bool {
	switch op {
	case "=":
		return true
	case ":":
		return f.Type == "STRING" || f.Type == "EMAIL" || f.Type == "PHONE"
	case "prefix":
		return false // not on custom fields
	default:
		return f.Type == "DATE" || f.Numeric && (f.Type == "INT64" || f.Type == "DOUBLE")
	}
}

// comparison is the clause as a test of one value of a custom field.
func (c clause) comparison(f SchemaField) (func(string) bool, error) {
	bounds := c.values
	if c.op != "range" {
		bounds = []string{c.value}
	}
	numeric := f.Type == "INT64" || f.Type == "DOUBLE"
	if numeric && slices.ContainsFunc(bounds, func(b string) bool { return !isNumber(b) }) {
		return nil, invalidQuery()
	}
	ordered := map[string]func(order int) bool{
		">": func(o int) bool { return o > 0 }, ">=": func(o int) bool { return o >= 0 },
		"<": func(o int) bool { return o < 0 }, "<=": func(o int) bool { return o <= 0 },
	}[c.op]
	switch {
	case c.op == "range": // the lower bound is in, the upper one is not
		return func(s string) bool { return order(s, c.values[0]) >= 0 && order(s, c.values[1]) < 0 }, nil
	case ordered != nil:
		return func(s string) bool { return ordered(order(s, c.value)) }, nil
	default:
		return c.test, nil
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// order compares two numbers by value, and dates (YYYY-MM-DD) as text.
func order(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(x, y)
}

// customValues are the values of a field, one or many, as text.
func customValues(schemas map[string]map[string]any, schema, field string) []string {
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if fold(name) != fold(schema) {
			continue
		}
		switch v := schemas[name][field].(type) {
		case nil:
		case []any:
			var all []string
			for _, row := range v {
				if m, ok := row.(map[string]any); ok {
					all = append(all, fmt.Sprint(m["value"]))
				}
			}
			return all
		default:
			return []string{fmt.Sprint(v)}
		}
	}
	return nil
}

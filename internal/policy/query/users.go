package query

import (
	"slices"
	"strconv"
	"strings"

	"ssosync/internal/directory"
)

const orgUnitPath = "orgunitpath"

// A userTest evaluates a clause.
type userTest func(clause, directory.Account) bool

// A userField is how a field is evaluated. One that has no test is Google's to
// evaluate.
type userField struct {
	paths []string
	test  userTest
	ops   string // those which Google documents for it: "=", ":"
	check func(value string) string
}

// bindUser finds out for each clause how it is evaluated, or that it is not.
func bindUser(q *Query) error {
	fields := userFields()
	for _, c := range q.clauses {
		f, known := field(fields, c)
		if err := checkClause(c, known, f.ops, f.check); err != nil {
			return err
		}
		if f.test == nil || !documented(c, f.ops) {
			q.local = false
			continue
		}
		q.user = append(q.user, f.test)
		q.paths = append(q.paths, f.paths...)
	}
	if !q.local {
		q.user, q.paths = nil, nil
	}
	slices.Sort(q.paths)
	q.paths = slices.Compact(q.paths)
	return nil
}

func field(fields map[string]userField, c clause) (f userField, known bool) {
	if schema, name, ok := strings.Cut(c.field, "."); ok {
		return custom(schema, name), false
	}
	if c.anything() {
		return userField{test: func(clause, directory.Account) bool { return true }}, true
	}
	f, known = fields[strings.ToLower(c.field)]
	return f, known
}

// checkClause finds what can be right nowhere. The kinds of an order are checked
// whatever the field is.
func checkClause(c clause, known bool, ops string, check func(string) string) error {
	switch c.op {
	case "", "=", ":":
		if check != nil && c.op == "=" && !c.star {
			if problem := check(c.value); problem != "" {
				return wrong(c.valAt, "%s", problem)
			}
		}
		return nil
	}
	if known {
		return wrong(c.at, "%s has no order: it takes %s", c.field, takes(ops))
	}
	if c.op != rangeOp {
		return nil
	}
	switch order, ok := compare(c.value, c.max); {
	case !ok || kindOf(c.value) != kindOf(c.max):
		return wrong(c.valAt, "the ends of a range must both be numbers, dates (YYYY-MM-DD) or texts")
	case order >= 0:
		return wrong(c.valAt, "no value is in this range: it holds what is at least the first and less than the second")
	}
	return nil
}

func takes(ops string) string {
	names := map[string]string{"=": "=value", ":": ":value and :prefix*", "*": ":prefix*"}
	var all []string
	for op := range strings.SplitSeq(ops, "") {
		all = append(all, names[op])
	}
	return strings.Join(all, " and ")
}

// documented reports whether a clause's operator is one of ops. A prefix is where
// ":" is.
func documented(c clause, ops string) bool {
	switch c.op {
	case "":
		return true
	case "=":
		return !c.star && strings.Contains(ops, "=")
	case ":":
		return strings.Contains(ops, ":") || (c.star && strings.Contains(ops, "*"))
	}
	return strings.Contains(ops, "<")
}

// userFields are the fields of users in lower case (Directory API guide: search
// for users, fields).
func userFields() map[string]userField {
	name := []string{"name.familyName", "name.givenName"}
	fields := map[string]userField{
		"":              {paths: name, test: wordTest},
		"name":          {ops: "=:", paths: name, test: func(c clause, a directory.Account) bool { return textTest(c, fullName(a)) }},
		"email":         {ops: "=:", test: func(c clause, a directory.Account) bool { return addressTest(c, addresses(a)) }},
		"givenname":     text("=:", "name.givenName"),
		"familyname":    text("=:", "name.familyName"),
		"im":            {ops: "=:"},
		"externalid":    text("=:", "externalIds[].value"),
		"manager":       {ops: "="},
		"managerid":     {ops: "="},
		"directmanager": text("=", "relations[type=manager].value"),
		// An account says who its manager is by address only.
		"directmanagerid": {ops: "="},
		"phone":           {ops: "=", paths: []string{"phones[].value"}, test: phoneTest},
		orgUnitPath:       {ops: "=", test: unitTest, check: checkUnit},
		"issuspended":     status(func(a directory.Account) bool { return a.Suspended }),
		"isarchived":      status(func(a directory.Account) bool { return a.Archived }),
		"isguest":         {ops: "=", check: checkBool, test: func(c clause, a directory.Account) bool { return isBool(c, a.Guest) }},
	}
	for _, flag := range []string{"isAdmin", "isDelegatedAdmin", "isEnrolledIn2Sv", "isEnforcedIn2Sv"} {
		fields[strings.ToLower(flag)] = userField{
			ops: "=", check: checkBool, paths: []string{flag},
			test: func(c clause, a directory.Account) bool {
				return isBool(c, slices.Contains(a.Values[flag], "true"))
			},
		}
	}
	all := []string{"addresses[].formatted", "addresses[].countryCode"}
	for field, key := range map[string]string{
		"addresspobox": "poBox", "addressextended": "extendedAddress", "addressstreet": "streetAddress",
		"addresslocality": "locality", "addressregion": "region", "addresspostalcode": "postalCode", "addresscountry": "country",
	} {
		fields[field] = text("=:", "addresses[]."+key)
		all = append(all, "addresses[]."+key)
	}
	fields["address"] = text(":", all...)
	for field, key := range map[string]string{
		"orgname": "name", "orgtitle": "title", "orgdepartment": "department",
		"orgdescription": "description", "orgcostcenter": "costCenter",
	} {
		fields[field] = text("=:", "organizations[]."+key)
	}
	return fields
}

// text is a field that is one of the texts at some paths.
func text(ops string, paths ...string) userField {
	return userField{ops: ops, paths: paths, test: func(c clause, a directory.Account) bool {
		for _, path := range paths {
			if textTest(c, a.Values[path]) {
				return true
			}
		}
		return false
	}}
}

// custom is a field of a custom schema. A name that cannot be part of a path is
// left to Google.
func custom(schema, name string) userField {
	path := "customSchemas." + schema + "." + name
	if _, err := directory.ParsePath(path); err != nil || strings.Contains(name, ".") {
		return userField{}
	}
	return userField{ops: "=:<", paths: []string{path}, test: func(c clause, a directory.Account) bool {
		return slices.ContainsFunc(a.Values[path], func(v string) bool { return customTest(c, v) })
	}}
}

func customTest(c clause, v string) bool {
	switch c.op {
	case "=":
		return same(v, c.value)
	case ":":
		return textTest(c, []string{v})
	}
	low, ok := compare(v, c.value)
	if !ok {
		return false
	}
	switch c.op {
	case ">":
		return low > 0
	case ">=":
		return low >= 0
	case "<":
		return low < 0
	case "<=":
		return low <= 0
	}
	high, ok := compare(v, c.max)
	return ok && low >= 0 && high < 0
}

// textTest reports whether one of the values is what the clause says.
func textTest(c clause, values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		switch {
		case c.star:
			return hasPrefix(v, c.value)
		case c.op == "=":
			return fold(v) == fold(c.value)
		}
		return hasWords(v, c.value)
	})
}

// addressTest is textTest for addresses. A whole address is one word: jane@x.y
// is not in mary.jane@x.y.
func addressTest(c clause, values []string) bool {
	if !c.star && isAddress(c.value) {
		c.op = "="
	}
	return textTest(c, values)
}

func wordTest(c clause, a directory.Account) bool {
	return addressTest(c, addresses(a)) ||
		textTest(c, a.Values["name.givenName"]) || textTest(c, a.Values["name.familyName"])
}

func addresses(a directory.Account) []string {
	return append([]string{a.PrimaryEmail}, a.Aliases...)
}

// fullName is given and family name, with a space between if there are both.
func fullName(a directory.Account) []string {
	parts := slices.Concat(a.Values["name.givenName"], a.Values["name.familyName"])
	if len(parts) == 0 {
		return nil
	}
	return []string{strings.Join(parts, " ")}
}

func phoneTest(c clause, a directory.Account) bool {
	return slices.ContainsFunc(a.Values["phones[].value"], func(v string) bool { return dialled(v) == dialled(c.value) })
}

// unitTest matches a unit and all below it (Directory API guide: search for
// users, orgUnitPath).
func unitTest(c clause, a directory.Account) bool {
	want := strings.TrimRight(fold(c.value), "/") + "/"
	return strings.HasPrefix(strings.TrimRight(fold(a.OrgUnit), "/")+"/", want)
}

func checkUnit(value string) string {
	if strings.HasPrefix(value, "/") {
		return ""
	}
	return `an organisational unit begins with "/", such as /Engineering`
}

func status(of func(directory.Account) bool) userField {
	return userField{ops: "=", check: checkBool, test: func(c clause, a directory.Account) bool {
		return a.StatusUnknown || isBool(c, of(a))
	}}
}

func isBool(c clause, have bool) bool { return strings.EqualFold(c.value, strconv.FormatBool(have)) }

func checkBool(value string) string {
	if strings.EqualFold(value, "true") || strings.EqualFold(value, "false") {
		return ""
	}
	return "the value must be true or false"
}

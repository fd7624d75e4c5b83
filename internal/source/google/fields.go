package google

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"ssosync/internal/directory"
)

// A namedPath is a path under the text by which its values are asked for.
type namedPath struct {
	text string
	path directory.Path
}

func parsePaths(texts []string) ([]namedPath, error) {
	var paths []namedPath
	for _, text := range texts {
		p, err := directory.ParsePath(text)
		if err != nil {
			return nil, err
		}
		paths = append(paths, namedPath{text: text, path: p})
	}
	return paths, nil
}

// userFields is what is asked for of each person, and no more: a directory
// knows much about people that is none of our business.
type userFields struct {
	mask       string
	projection url.Values
}

// newUserFields adds the paths to what a [directory.Account] takes, and the
// customer's id where nobody has told it to us.
func newUserFields(paths []namedPath, customer bool) userFields {
	fields := []string{
		"id", "primaryEmail", "aliases", "nonEditableAliases", "suspended", "archived", "isGuestUser", "orgUnitPath",
	}
	if customer {
		fields = append(fields, "customerId")
	}
	var extra, schemas []string
	whole := false // of the custom schemas
	for _, p := range paths {
		extra = append(extra, p.path.Mask())
		if name, ok := p.path.Schema(); ok {
			schemas = append(schemas, name)
		} else if p.path.Root() == "customSchemas" {
			whole = true
		}
	}
	slices.Sort(extra) // a field sorts before what is inside of it
	for _, f := range extra {
		if !slices.ContainsFunc(fields, func(have string) bool { return have == f || strings.HasPrefix(f, have+"/") }) {
			fields = append(fields, f)
		}
	}
	return userFields{mask: strings.Join(fields, ","), projection: projection(schemas, whole)}
}

// projection asks for custom fields only if some are needed: of the schemas
// named, or of all (Directory API reference: users.list, projection).
func projection(schemas []string, whole bool) url.Values {
	if whole {
		return url.Values{"projection": {"full"}}
	}
	if len(schemas) == 0 {
		return nil
	}
	slices.Sort(schemas)
	return url.Values{
		"projection": {"custom"}, "customFieldMask": {strings.Join(slices.Compact(schemas), ",")},
	}
}

// list is the call that lists all people of the customer.
func (f userFields) list(customer string) call {
	c := listCall(opUsersList, usersPerPage, fmt.Sprintf("nextPageToken,users(%s)", f.mask), "users")
	c.query.Set("customer", customer)
	maps.Copy(c.query, f.projection)
	return c
}

// get is the call that reads one person.
func (f userFields) get(id string) call {
	c := call{op: opUsersGet, path: []string{"users", id}, query: url.Values{"fields": {f.mask}}}
	maps.Copy(c.query, f.projection)
	return c
}

package google

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkTenant checks the parameters customer and domain of a list.
func (c *call) checkTenant() error {
	if id := c.q.Get("customer"); id != "" {
		if err := c.checkCustomer(id); err != nil {
			return err
		}
	}
	if d := c.q.Get("domain"); d != "" && !c.view.domains[fold(d)] {
		return c.foreignTenant()
	}
	return nil
}

// checkCustomer says whether the id means the customer. my_customer does so
// for users only: a service account without a subject has no customer.
func (c *call) checkCustomer(id string) error {
	switch {
	case id == c.view.f.Customer.ID:
		return nil
	case id == "my_customer" && c.who.kind == kindUser:
		return nil
	case id == "my_customer" && c.opts.Strict.MyCustomerNotFound:
		return domainNotFound()
	case id == "my_customer":
		return invalidInput("")
	case strings.Contains(id, "."):
		return badRequest("Bad Request") // a domain name in the place of the id
	default:
		return c.foreignTenant()
	}
}

func (c *call) foreignTenant() error {
	if c.opts.Strict.ForeignForbidden {
		return forbidden()
	}
	return domainNotFound()
}

// customersGet answers customers.get.
func customersGet(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	body := toMap(c.view.f.Customer)
	delete(body, "apiBlocked")
	body["kind"] = "admin#directory#customer"
	return c.one(withEtag(body)), nil
}

// domainsList answers domains.list, which is not paged.
func domainsList(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, d := range c.view.f.Domains {
		rows = append(rows, c.domainBody(d))
	}
	return c.list("admin#directory#domains", "domains", rows, ""), nil
}

// domainsGet answers domains.get.
func domainsGet(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.view.f.Domains, func(d Domain) bool { return fold(d.Name) == fold(c.params["domainName"]) })
	if i < 0 {
		return nil, domainNotFound()
	}
	return c.one(c.domainBody(c.view.f.Domains[i])), nil
}

// domainBody shows times as int64 in a string, in milliseconds.
func (c *call) domainBody(d Domain) map[string]any {
	created := "0"
	if t, err := time.Parse(time.RFC3339, c.view.f.Customer.CreationTime); err == nil {
		created = strconv.FormatInt(t.UnixMilli(), 10)
	}
	body := map[string]any{
		"kind": "admin#directory#domain", "domainName": d.Name, "isPrimary": d.Primary, "verified": d.Verified, "creationTime": created,
	}
	var aliases []any
	for _, a := range d.Aliases {
		aliases = append(aliases, withEtag(map[string]any{
			"kind": "admin#directory#domainAlias", "domainAliasName": a, "parentDomainName": d.Name, "verified": true, "creationTime": created,
		}))
	}
	if len(aliases) > 0 {
		body["domainAliases"] = aliases
	}
	return withEtag(body)
}

func withEtag(m map[string]any) map[string]any {
	m["etag"] = etag(m)
	return m
}

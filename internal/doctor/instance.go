package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// find looks for the instance that is meant, among those of all Regions.
func (p *prober) find(ctx context.Context) Finding {
	all, err := p.Store.Instances(ctx)
	if err != nil {
		f := p.in.as(Warning, err)
		if p.needed && p.StoreID == "" {
			f.Status = Error
		}
		return f
	}
	f := p.choose(all)
	if f.Status == Error && !p.needed && p.StoreID == "" {
		f.Status = Warning // nothing rests on it but what plans show
	}
	return f
}

const consoleSettings = "the IAM Identity Center console shows the Region, the instance and the identity store under Settings"

func (p *prober) choose(all []Instance) Finding {
	switch mine := p.candidates(all); {
	case len(all) == 0:
		return Finding{
			Status: Error, Fact: "these credentials see no instance of IAM Identity Center in " + p.Region,
			Cause:  "it is in another Region, or the credentials belong neither to the management account nor to the delegated administrator",
			Remedy: consoleSettings + "; aws sso-admin list-instances --region " + cmp.Or(p.Region, "REGION"),
		}
	case len(mine) == 0:
		return Finding{
			Status: Error, Fact: "no instance has the identity store " + p.StoreID,
			Cause: "there is " + describe(all), Remedy: "check --identity-store-id; " + consoleSettings,
		}
	case len(mine) > 1:
		return Finding{
			Status: Error, Fact: fmt.Sprintf("%d instances are visible, and nothing says which is meant", len(mine)),
			Cause: "there are " + describe(mine), Remedy: "name the identity store with --identity-store-id; " + consoleSettings,
		}
	default:
		p.instance = mine[0]
		return p.placed(mine[0])
	}
}

// candidates are the instances that may be meant: that of the store, if it is
// named, or else those that are active.
func (p *prober) candidates(all []Instance) []Instance {
	if p.StoreID != "" {
		id := p.StoreID[strings.LastIndexByte(p.StoreID, '/')+1:] // it may be an ARN
		return slices.DeleteFunc(slices.Clone(all), func(i Instance) bool { return i.Store != id })
	}
	active := slices.DeleteFunc(slices.Clone(all), func(i Instance) bool { return !i.active() })
	if len(active) == 0 {
		return all
	}
	here := slices.DeleteFunc(slices.Clone(active), func(i Instance) bool { return i.Primary != p.Region })
	if len(here) == 1 {
		return here
	}
	return active
}

func (i Instance) active() bool { return i.Status == "ACTIVE" || i.Status == "" }

// placed says whether the instance is where the configuration has it.
func (p *prober) placed(i Instance) Finding {
	replicas := slices.DeleteFunc(slices.Clone(i.Regions), func(r string) bool { return r == i.Primary })
	f := ok("%s, store %s, %s", i.ARN, i.Store, cmp.Or(i.Primary, "in a Region that it does not tell"))
	if len(replicas) > 0 {
		f.Fact += " (and " + strings.Join(replicas, ", ") + ")"
	}
	switch {
	case !i.active():
		f.Status, f.Cause, f.Remedy = Error, "its status is "+i.Status, "wait until it is ACTIVE, or look into the IAM Identity Center console for why it is not"
	case i.Primary != "" && p.HostRegion != "" && p.HostRegion != i.Primary:
		f.Status = Error
		f.Cause = "the SCIM endpoint is of " + p.HostRegion + ", but SCIM works in the primary Region only"
		f.Remedy = "copy the SCIM endpoint anew: IAM Identity Center console in " + i.Primary + " > Settings > Automatic provisioning"
	case i.Primary != "" && p.Region != "" && p.Region != i.Primary && !slices.Contains(i.Regions, p.Region):
		f.Status, f.Cause, f.Remedy = Error, "--region says "+p.Region+", where the instance is not", "set --region "+i.Primary
	}
	return f
}

func describe(all []Instance) string {
	lines := make([]string, 0, len(all))
	for _, i := range all {
		lines = append(lines, fmt.Sprintf("%s (%s, %s, of account %s)", i.Store, cmp.Or(i.Primary, "unknown Region"), cmp.Or(i.Status, "ACTIVE"), i.Owner))
	}
	return some(lines)
}

// storeID is the one that is configured, or else that of the instance.
func (p *prober) storeID() string { return cmp.Or(p.StoreID, p.instance.Store) }

// network looks at who may reach the store. It is worth most where SCIM is
// refused.
func (p *prober) network(ctx context.Context) Finding {
	if p.storeID() == "" {
		return skip("needs the identity store's id")
	}
	n, err := p.Store.Network(ctx, p.storeID())
	if err != nil {
		return p.in.as(Warning, err)
	}
	facts := n.facts()
	if len(facts) == 0 {
		return ok("open to all addresses")
	}
	f := ok("%s", strings.Join(facts, "; "))
	closed := n.VPCEndpoint && len(n.SCIMSources) == 0
	switch {
	case p.denied && (closed || len(n.SCIMSources) > 0):
		f.Status, f.Cause = Error, "SCIM was refused, and this is the likeliest reason"
		f.Remedy = "let this machine's address in (the command replaces all lists, so they are repeated):\n" + p.allow(n)
	case closed:
		f.Status, f.Cause = Warning, "SCIM has no VPC endpoint: with VpceAccessRequired and no ScimAllowSourceIps it is refused from the internet"
		f.Remedy = "name the addresses that SCIM comes from:\n" + p.allow(n)
	case len(n.SCIMSources) > 0 && p.accepted:
		f.Fact += "; this machine is let in"
	}
	return f
}

// facts are the controls that are on.
func (n Network) facts() []string {
	var facts []string
	if n.VPCEndpoint {
		facts = append(facts, "a VPC endpoint is required (VpceAccessRequired)")
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"ScimAllowSourceIps", n.SCIMSources}, {"ApiAllowSourceIps", n.APISources}, {"ApiRestrictSourceVpcs", n.APIVPCs}} {
		if len(list.values) > 0 {
			facts = append(facts, list.name+" is "+some(list.values))
		}
	}
	return facts
}

// allow is the command that adds an address to those that SCIM may come from.
func (p *prober) allow(n Network) string {
	parts := []string{fmt.Sprintf("VpceAccessRequired=%t", n.VPCEndpoint)}
	for _, list := range []struct {
		name   string
		values []string
	}{{"ApiRestrictSourceVpcs", n.APIVPCs}, {"ApiAllowSourceIps", n.APISources}, {"ScimAllowSourceIps", append(slices.Clone(n.SCIMSources), "ADDRESS/32")}} {
		if len(list.values) > 0 {
			parts = append(parts, list.name+"="+strings.Join(list.values, ","))
		}
	}
	return "aws identitystore update-identity-store --identity-store-id " + p.storeID() + " --network-configuration '" + strings.Join(parts, ",") + "'"
}

package secret

import "strings"

// A Kind is what a setting is about, by which a bare name is told from a value.
type Kind int

// The kinds of settings that the old tool took from Secrets Manager.
const (
	KindToken    Kind = iota // SCIM access token
	KindKey                  // Google service account key
	KindAdmin                // address of the Google administrator
	KindURL                  // SCIM endpoint
	KindCustomer             // Google customer id
	KindStore                // identity store id
	KindRegion               // AWS Region
)

const (
	digits    = "0123456789"
	nameChars = keyChars + "/+="
	maxName   = 512 // characters (Secrets Manager API reference: CreateSecret)
	// minLiteral is less than any token or key has: 500 and 1,000 characters.
	minLiteral = 100
)

// Bare reads the bare name of a secret in Secrets Manager, which may end in
// #KEY, as Lambda functions of the old tool have them. A value is one if it has
// nothing but the characters of such names, without @, and cannot be a literal
// of the kind. It is for what a Lambda function is given, and for what
// [ParseReference] takes for a literal. A name that it does not recognize can be
// written secretsmanager:NAME.
func Bare(value string, kind Kind) (Reference, bool) {
	name, key, found := strings.Cut(strings.TrimSpace(value), "#")
	if name == "" || len(name) > maxName || !consists(name, nameChars) || kind.literal(name) {
		return Reference{}, false
	}
	if found && key == "" || !visible(key) {
		return Reference{}, false
	}
	return Reference{Scheme: SecretsManager, Name: name, Key: key}, true
}

// literal reports whether s, which could be the name of a secret, can be a value
// of the kind as well.
func (k Kind) literal(s string) bool {
	switch k {
	case KindToken:
		return len(s) >= minLiteral
	case KindKey: // base64, or a path
		return len(s) >= minLiteral || strings.HasPrefix(s, ".") || strings.HasSuffix(strings.ToLower(s), ".json")
	case KindURL: // one whose https:// was forgotten, which the user should hear
		return strings.Contains(s, "/scim/")
	case KindCustomer:
		return s == "my_customer" || isCustomer(s)
	case KindStore:
		return strings.HasPrefix(s, "d-")
	case KindRegion:
		label := strings.TrimRight(s, digits)
		return isRegion(s) && label != s && strings.HasSuffix(label, "-")
	case KindAdmin: // an address has an @, which no bare name has
	}
	return false
}

// isCustomer reports whether s looks like an id that Google gives, such as
// C01abc234. Nothing says how long these are, but all have a digit.
func isCustomer(s string) bool {
	return len(s) <= 12 && s[0] == 'C' && strings.ContainsAny(s, digits) && !strings.ContainsAny(s, "_-./+=")
}

// Fixed returns the secrets in which the old tool's Lambda function (2.0 to
// 2.3.1) looks for a value that it is not given, the usual one first: whichever
// is there is meant.
func Fixed(kind Kind) []Reference {
	var names []string
	switch kind {
	case KindToken:
		names = []string{"SSOSyncSCIMAccessToken"}
	case KindKey:
		names = []string{"SSOSyncGoogleCredentials"}
	case KindAdmin:
		names = []string{"SSOSyncGoogleAdminEmail"}
	case KindURL:
		names = []string{"SSOSyncSCIMEndpointUrl", "SSOSyncSCIMEndpointURL"} // the latter since 2.2.7
	case KindStore:
		names = []string{"SSOSyncIdentityStoreID", "IdentityStoreID"} // the latter since 2.1
	case KindRegion:
		names = []string{"SSOSyncRegion"}
	case KindCustomer: // never looked for
	}
	var all []Reference
	for _, n := range names {
		all = append(all, Reference{Scheme: SecretsManager, Name: n})
	}
	return all
}

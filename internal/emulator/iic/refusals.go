package iic

// The tables of Refusals.
const (
	TableSCIM          = "SCIM"
	TableIdentityStore = "Identity Store"
	TableAdmin         = "SSO admin"
	TableSTS           = "STS"
)

// Refusal is one way in which reading or writing is refused, or in which an answer says that something is wrong, as a test meets
// it that goes through all of them by name. It is what a diagnosis has to tell from the others.
type Refusal struct {
	Name, Table string
	Where       string // an operation, as in Operation, that answers so; others may, too
	// Status is what SCIM and STS answer. Of the Identity Store and SSO admin APIs it is 400 or 500, unless Switches.StatusByType;
	// 200: the call is well, and what it says is not. 0: there is no answer.
	Status  int
	Code    string // the exception; of SCIM, which does not send it, for the reader
	Message string // the beginning of detail, or of Message
	Reason  string // KMS_ACCESS_DENIED, …; empty: none
	// Install brings it about and returns what ends it. Most are states: a token that has expired, an action that is missing from
	// the policy. What only a request can bring about is a canned answer.
	Install func(*Server) (end func())
}

// Refusals are all of them: the table of SCIM's errors in its order, then those of the Identity Store and SSO admin APIs, and of
// AWS STS. Their messages name a caller, a store and a role only if the server's Options do.
func Refusals() []Refusal {
	all := append(scimRefusals(), storeRefusals()...)
	all = append(all, actionRefusals()...)
	all = append(all, instanceRefusals()...)
	return append(all, stsRefusals()...)
}

// changed is a change of the options that can be taken back.
func changed(change func(*Options)) func(*Server) func() {
	return func(s *Server) func() {
		var before Options
		s.Update(func(o *Options) {
			before = *o
			change(o)
		})
		return func() { s.Update(func(o *Options) { *o = before }) }
	}
}

// struck is a fault of some operations.
func struck(f Fault, operations ...string) func(*Server) func() {
	return func(s *Server) func() {
		var ends []func()
		for _, op := range operations {
			f.Op = op
			ends = append(ends, s.Inject(f))
		}
		return func() {
			for _, end := range ends {
				end()
			}
		}
	}
}

// scimOperations are those of the SCIM guide.
func scimOperations() []string {
	return []string{
		"ServiceProviderConfig", "ListUsers", "ListGroups", "GetUser", "GetGroup", "CreateUser", "PatchUser", "PutUser", "DeleteUser",
		"CreateGroup", "PatchGroup", "DeleteGroup", "ListResourceTypes", "ListSchemas", "GetSchema",
	}
}

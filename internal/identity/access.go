package identity

// An Access is what a user or a group has been assigned, directly.
type Access struct {
	Assignments  []Assignment `json:"assignments,omitempty"`  // sorted by permission set, then account
	Applications []string     `json:"applications,omitempty"` // names, or ARNs where a name cannot be had; sorted
}

// An Assignment is a permission set in an account.
type Assignment struct {
	PermissionSet string `json:"permissionSet"` // its name, or its ARN where that cannot be had
	Account       string `json:"account"`       // the account's id, twelve digits
}

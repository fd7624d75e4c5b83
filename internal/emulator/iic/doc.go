// Package iic stands in for AWS IAM Identity Center: its SCIM endpoint, the Identity Store API and the part of the SSO admin
// API that finds an instance, all on the same data. It refuses to share code with the clients that it stands in for, and to
// decide what AWS leaves open: every such point is a field of Switches, and a client is right only if it is right under each.
//
// Rules cite AWS's pages. "SCIM guide" is the IAM Identity Center SCIM Implementation Developer Guide, "user guide" the IAM
// Identity Center User Guide, "API reference" the Identity Store API Reference.
package iic

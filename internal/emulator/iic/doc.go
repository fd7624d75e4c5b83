// Package iic stands in for AWS IAM Identity Center: its SCIM endpoint, the Identity Store API and the part of the SSO admin
// API that finds an instance and tells who may do what, all on the same data, and as much of AWS STS as leads there. It refuses
// to share code with the clients that it stands in for, and to decide what AWS leaves open: every such point is a field of
// Switches, and a client is right only if it is right under each.
//
// What goes wrong in production is a Fault, injected at run time per operation, filter and page; AllFaults has them by name. What
// a diagnosis has to tell apart is a Refusal, and Refusals has all of those. What somebody else does in the console is a Hand
// (By), and what was done through the APIs is in the Journal.
//
// Rules cite AWS's pages. "SCIM guide" is the IAM Identity Center SCIM Implementation Developer Guide, "user guide" the IAM
// Identity Center User Guide, "API reference" the Identity Store API Reference, and "IAM Identity Center API reference" that of the SSO admin API.
package iic

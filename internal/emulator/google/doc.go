// Package google stands in for Google: the Admin SDK Directory API, the OAuth
// token endpoint, the security token service and the IAM credentials service,
// as one http.Handler over an editable [Directory]. It refuses to write (no
// insert, update or delete over HTTP: the directory is edited through
// [Directory]'s methods) and shares no code with any client.
//
// What the vendor documents is the default. What the vendor leaves open is a
// switch in [Strict]. What goes wrong in production is a [Fault], injected at
// run time, per operation, per page, and a client that matters runs under each
// row of [AllFaults]. What refuses a login or a reading is a [Refusal], and a
// diagnosis that matters tells all of [Refusals] apart. Beside Google there is
// what its logins begin with: the ID tokens of a GitHub Actions job, and the
// metadata server of a virtual machine.
package google

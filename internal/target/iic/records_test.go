package iic_test

import (
	"testing"

	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

// When something was changed is told in one form, however it is read, or not at
// all.
func TestWhenSomethingWasChanged(t *testing.T) {
	for said, want := range map[string]identity.Record{
		`"2020-04-03T06:02:47Z"`:      {Revision: "2020-04-03T06:02:47Z", UpdatedAt: "2020-04-03T06:02:47Z"},
		`"2020-04-03T08:02:47+02:00"`: {Revision: "2020-04-03T06:02:47Z", UpdatedAt: "2020-04-03T06:02:47Z"},
		`"2020-04-03T06:02:47.25Z"`:   {Revision: "2020-04-03T06:02:47.25Z", UpdatedAt: "2020-04-03T06:02:47Z"},
		`"yesterday"`:                 {}, `"2020-04-03 06:02:47"`: {}, `"0000-01-01T00:00:00+02:00"`: {}, `"9999-12-31T23:59:59-02:00"`: {}, `1585893767`: {}, `null`: {}, `{}`: {},
	} {
		bubble(t, func(t *testing.T, f *fake) {
			body := `{"Resources":[{"id":"x","userName":"ann","displayName":"A","meta":{"lastModified":` + said + `}}]}`
			held, err := f.target(func(o *iic.Options) { o.Base, o.Reader = says(200, body, nil), iic.ReaderSCIM }).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want.ID = "x"
			diff(t, identity.Records{Users: map[identity.Key]identity.Record{"x": want}, Groups: map[identity.Key]identity.Record{"x": want}}, held.Records)
		})
	}
	for said, want := range map[string]string{
		`1760000000.5`: "2025-10-09T08:53:20Z", `0`: "1970-01-01T00:00:00Z",
	} {
		bubble(t, func(t *testing.T, f *fake) {
			s := newStore(f)
			s.answers = map[string][]string{
				"ListUsers":            {`{"Users":[{"UserId":"u","UserName":"ann","CreatedBy":"SCIM/x","UpdatedBy":"arn:aws:iam::1:user/\u001b[2Jbo","UpdatedAt":` + said + `}]}`},
				"ListGroups":           {`{"Groups":[{"GroupId":"g","DisplayName":"A","UpdatedBy":"cy","UpdatedAt":` + said + `}]}`},
				"ListGroupMemberships": {noMembers},
			}
			held, err := f.target(s.options()).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			diff(t, identity.Record{ID: "u", CreatedBy: "SCIM/x", UpdatedBy: "arn:aws:iam::1:user/\uFFFD[2Jbo", UpdatedAt: want}, held.Records.Users["u"])
			diff(t, identity.Record{ID: "g", UpdatedBy: "cy", UpdatedAt: want}, held.Records.Groups["g"])
		})
	}
}

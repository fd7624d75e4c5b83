package demo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/policy"
)

// What AWS has is made by others, and one group of it waits to be adopted.
func TestLandingZone(t *testing.T) {
	t.Parallel()
	s := iic.New(iic.Options{})
	if err := s.Seed(landingZone()); err != nil {
		t.Fatal(err)
	}
	st := s.State()
	var names []string
	for _, g := range st.Groups {
		names = append(names, g.DisplayName)
		if g.ExternalID != "" {
			t.Errorf("%s was provisioned", g.DisplayName)
		}
	}
	want := append(slices.Clone([]string(policy.Presets["control-tower"].Groups)), "Cloud Admins")
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{BreakGlass}, st.Members("Cloud Admins")); diff != "" {
		t.Error(diff)
	}
	if len(st.Users) != 2 || len(st.Members("AWSControlTowerAdmins")) != 1 {
		t.Errorf("%d users, of whom %v", len(st.Users), st.Members("AWSControlTowerAdmins"))
	}
	in := 0
	for _, g := range Company().Fixture().Groups {
		if g.Name == "Cloud Admins" {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d groups to adopt it", in)
	}
}

package demo

import "ssosync/internal/emulator/iic"

// BreakGlass is a user that somebody made by hand in AWS, to get in when
// everything else fails.
const BreakGlass = "break-glass@" + Domain

// landingZone is what AWS holds before the first sync: the groups of Control
// Tower with the user of the management account (Control Tower guide: groups
// that AWS Control Tower sets up), a user for emergencies, and a group that was
// made by hand and has the name of one in Google.
func landingZone() iic.State {
	const root = "aws-management@" + Domain
	byHand := func(userName, given, family string) iic.User {
		u := iic.Person(userName, given, family, "")
		u.CreatedBy = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AWSAdministratorAccess/" + root
		return u
	}
	return iic.State{
		Users: []iic.User{
			byHand(root, "AWS Control Tower", "Admin"),
			byHand(BreakGlass, "Break", "Glass"),
		},
		Groups: []iic.Group{
			{DisplayName: "Cloud Admins", Description: "Made in the console", Members: []string{BreakGlass}},
			{DisplayName: "AWSAccountFactory", Description: "Read-only access to account factory in AWS Service Catalog for end users", Members: []string{root}},
			{DisplayName: "AWSAuditAccountAdmins", Description: "Admin rights to cross-account audit account"},
			{DisplayName: "AWSControlTowerAdmins", Description: "Admin rights to AWS Control Tower core and provisioned accounts", Members: []string{root}},
			{DisplayName: "AWSLogArchiveAdmins", Description: "Admin rights to log archive account"},
			{DisplayName: "AWSLogArchiveViewers", Description: "Read-only access to log archive account"},
			{DisplayName: "AWSSecurityAuditors", Description: "Read-only access to all accounts for security audits"},
			{DisplayName: "AWSSecurityAuditPowerUsers", Description: "Power user access to all accounts for security audits"},
			{DisplayName: "AWSServiceCatalogAdmins", Description: "Admin rights to account factory in AWS Service Catalog"},
		},
	}
}

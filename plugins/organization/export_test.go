package organization

// MembershipKey is for the tests that compare it with upstream's.
var MembershipKey = membershipKey

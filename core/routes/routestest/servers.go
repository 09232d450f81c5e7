package routestest

import "github.com/gatehouse-auth/gatehouse/core/authtest/racetest"

// serverRaces are the races that only the storages can decide.
func serverRaces(app *racetest.Application) []racetest.Race {
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	return []racetest.Race{
		{Name: "sign-ups with one address make one user", Run: run(signUps)},
		{Name: "sign-ups with one address make one user where duplicates look like success", Configure: hideDuplicates, Run: run(hiddenSignUps), IDFirst: true},
		{Name: "a session that is due is extended once and signs nobody out", Configure: alwaysDue, Run: run(refreshes)},
		{Name: "a session that is revoked while in use is over", Configure: alwaysDue, Run: run(revocations)},
		{Name: "one reset token resets one password", Configure: resets.listen, Run: run(resets.oneReset)},
		{Name: "many reset tokens of one user make one account", Configure: resets.listen, Run: run(resets.manyResets)},
		{Name: "of the changes of one password that end all sessions one wins", Run: run(revokingChanges)},
		{Name: "of the first passwords of one user one wins", Run: run(firstPasswords), Actions: []racetest.Callable{setPassword}},
		{Name: "nobody is signed in with a password that was changed", Run: run(aChangeAmongSignIns)},
		{Name: "one link verifies an address once", Configure: mail.answer, Run: run(mail.verifications)},
		{Name: "links that change an address change it once", Configure: mail.listen, Run: run(mail.changes)},
		{Name: "requests that change an address at once change it once", Configure: mail.skip, Run: run(mail.changesAtOnce)},
		{Name: "one mailed token deletes a user once", Configure: leaving.mail, Run: run(leaving.byToken)},
		{Name: "a user who asks many times is deleted once", Configure: leaving.listen, Run: run(leaving.bySession)},
		{Name: "nobody is signed in as a user who is deleted", Configure: leaving.listen, Run: run(leaving.whileSigningIn)},
		{Name: "of a user's last two accounts one stays", Run: run(lastAccounts)},
		{Name: "one of many redeems a proof", Run: run(redemptions), Actions: []racetest.Callable{redeem}},
		{Name: "one of many redeems a proof from the secondary storage", Configure: racetest.UseSecondary, Run: run(redemptions), Actions: []racetest.Callable{redeem}},
		{Name: "sessions that begin while all are revoked are over or listed, in the secondary storage", Configure: racetest.UseSecondary, Run: run(signInsDuringRevocation)},
	}
}

// Package routestest holds the races that the core endpoints must win on every
// storage: many requests at once, through the real handler.
package routestest

import (
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

const (
	racers = racetest.Racers // requests that start at once

	password = "password123"
)

// RunRaces runs every race on storage of its own, on one server and those that
// only the storages can decide on two. open returns an empty adapter, which it
// closes with the test; one that is a db.Migrator is brought to the server's
// tables here.
func RunRaces(t *testing.T, open func(t *testing.T) db.Adapter) {
	t.Helper()
	racetest.RunRaces(t, open, races)
	racetest.RunOnTwoServers(t, open, []db.IDKind{db.IDUUID, db.IDSerial}, serverRaces)
}

// RunSecondary runs the races that use a secondary storage on a given one. open is
// that of racetest.RunOnSecondary.
func RunSecondary(t *testing.T, open func(t *testing.T) secondary.Storage) {
	t.Helper()
	racetest.RunOnSecondary(t, open, races)
}

// RunProcesses runs every race on two processes. Then both bring an empty database
// to the server's tables at once. The caller owes what it owes to
// racetest.RunProcesses.
func RunProcesses(t *testing.T, p racetest.Processes) {
	t.Helper()
	racetest.RunProcesses(t, p, func(app *racetest.Application) []racetest.Race {
		return append(races(app), creation)
	})
}

// races are all races, of servers for one application.
func races(app *racetest.Application) []racetest.Race {
	return slices.Concat(routeRaces(app), storageRaces(), limitRaces(), redemptionRaces(), interleavingRaces(app))
}

// routeRaces are the races for what one route does.
func routeRaces(app *racetest.Application) []racetest.Race {
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	return []racetest.Race{
		{Name: "sign-ups with one address make one user", Run: run(signUps)},
		{Name: "sign-ups with one address make one user where duplicates look like success", Configure: hideDuplicates, Run: run(hiddenSignUps), IDFirst: true},
		{Name: "a session that is due is extended once and signs nobody out", Configure: alwaysDue, Run: run(refreshes)},
		{Name: "a session that is revoked while in use is over", Configure: alwaysDue, Run: run(revocations)},
		{Name: "a session that is signed out while in use is over", Configure: alwaysDue, Run: run(signOuts)},
		{Name: "sessions that are all revoked while in use are over", Configure: alwaysDue, Run: run(revocationsOfAll)},
		{Name: "one reset token resets one password", Configure: resets.listen, Run: run(resets.oneReset)},
		{Name: "many reset tokens of one user make one account", Configure: resets.listen, Run: run(resets.manyResets)},
		{Name: "of the changes of one password one wins", Run: run(passwordChanges)},
		{Name: "of the changes of one password that end all sessions one wins", Run: run(revokingChanges)},
		{Name: "of the first passwords of one user one wins", Run: run(firstPasswords), Actions: []racetest.Callable{setPassword}},
		{Name: "nobody is signed in with a password that was changed", Run: run(aChangeAmongSignIns)},
		{Name: "nobody is signed in with a password that was changed, from the secondary storage", Configure: leaving.elsewhere, Run: run(aChangeAmongSignIns)},
		{Name: "one link verifies an address once", Configure: mail.listen, Run: run(mail.verifications)},
		{Name: "one link verifies an address once where the application is asked before", Configure: mail.answer, Run: run(mail.verifications)},
		{Name: "links that change an address change it once", Configure: mail.listen, Run: run(mail.changes)},
		{Name: "requests that change an address at once change it once", Configure: mail.skip, Run: run(mail.changesAtOnce)},
		{Name: "users who want one address do not share it", Configure: mail.skip, Run: run(mail.oneAddress)},
		{Name: "changes of one user keep each other's fields", Run: run(userUpdates)},
		{Name: "one mailed token deletes a user once", Configure: leaving.mail, Run: run(leaving.byToken)},
		{Name: "a user who asks many times is deleted once", Configure: leaving.listen, Run: run(leaving.bySession)},
		{Name: "nobody is signed in as a user who is deleted", Configure: leaving.listen, Run: run(leaving.whileSigningIn)},
		{Name: "nobody is signed in as a user who is deleted, from the secondary storage", Configure: leaving.elsewhere, Run: run(leaving.whileSigningIn)},
		{Name: "of a user's last two accounts one stays", Run: run(lastAccounts)},
		{Name: "a user's accounts are unlinked once", Configure: unlinkAll, Run: run(allAccounts)},
	}
}

// race is one round of one of these races.
type race struct{ *racetest.Round }

// run is a race of this package as racetest runs it.
func run(round func(*race)) func(*racetest.Round) {
	return func(r *racetest.Round) { round(&race{r}) }
}

// heard is how often the application has heard something about an address.
func (r *race) heard(kind, address string) int { return len(r.Events(kind, address)) }

// tokens are those of the messages to an address.
func (r *race) tokens(kind, address string) (tokens []string) {
	for _, e := range r.Events(kind, address) {
		tokens = append(tokens, e.Token)
	}
	return tokens
}

// events that the application hears of, besides verification mails.
const (
	resetMail    = "reset mail"
	deletionMail = "deletion mail"

	beforeVerification = "before a verification"
	afterVerification  = "after a verification"
	userUpdate         = "after an update of a user"
	passwordReset      = "after a reset"
	beforeDeletion     = "before a deletion"
	afterDeletion      = "after a deletion"
)

package main

import "fmt"

const (
	// sessionsPerUser is how many sessions a user has on average.
	sessionsPerUser = 4
	// signers is how many users can sign in: they have a password.
	signers = 1000
	// members is how many members the organization has.
	members = 20

	userPassword = "correct horse battery"
	organization = "benchorganization000000000000001"
)

// fill is what a database holds before anything is measured: rows as both servers
// write them, with ids and tokens of the usual length. Ids begin with bench, which
// tells them from what the workloads add.
type fill struct {
	sessions, users int
	hash            string // of userPassword
	organization    bool
}

func newFill(sessions int, hash string, organization bool) fill {
	least := 1
	if organization {
		least = members
	}
	return fill{sessions: sessions, users: max(sessions/sessionsPerUser, least), hash: hash, organization: organization}
}

// The ids and the addresses of rows, for SQL; n is the number of the row, from 1.
func userID(n string) string    { return "'benchuser' || lpad((" + n + ")::text, 23, '0')" }
func userEmail(n string) string { return "'user-' || (" + n + ") || '@bench.example'" }

// mail is userEmail for a number that is known.
func mail(n int) string { return fmt.Sprintf("user-%d@bench.example", n) }

// now has milliseconds, as JavaScript's dates. Sessions are young enough that
// nobody extends them during a run.
const now = "date_trunc('milliseconds', now())"

// statements make the rows. Tokens are hashes of their numbers, so that they lie
// as far apart in the index as random ones.
func (f fill) statements() []string {
	owner := fmt.Sprintf("(n - 1) %% %d + 1", f.users)
	all := []string{
		fmt.Sprintf(`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
			select %s, 'User ' || n, %s, true, %s, %s from generate_series(1, %d) n`, userID("n"), userEmail("n"), now, now, f.users),
		fmt.Sprintf(`insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
			select 'benchaccount' || lpad(n::text, 20, '0'), %s, 'credential', %s, '%s', %s, %s from generate_series(1, %d) n`,
			userID("n"), userID("n"), f.hash, now, now, f.signers()),
		fmt.Sprintf(`insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
			select 'benchsession' || lpad(n::text, 20, '0'), md5('bench ' || n), %s, %s + interval '7 days', %s, %s, '192.0.2.1', 'bench' from generate_series(1, %d) n`,
			userID(owner), now, now, now, f.sessions),
	}
	if f.organization {
		all = append(all,
			fmt.Sprintf(`insert into organization (id, name, slug, "createdAt") values ('%s', 'Bench', 'bench', %s)`, organization, now),
			fmt.Sprintf(`insert into member (id, "organizationId", "userId", role, "createdAt")
				select 'benchmember' || lpad(n::text, 21, '0'), '%s', %s, case n when 1 then 'owner' else 'member' end, %s from generate_series(1, %d) n`,
				organization, userID("n"), now, members))
	}
	return append(all, "vacuum (analyze)", "checkpoint")
}

// signers are the users who have a password: the first ones.
func (f fill) signers() int { return min(f.users, signers) }

// cleaning removes what workloads have added, so that each round finds the same
// rows.
func cleaning() []string {
	var all []string
	for _, table := range []string{"session", "account", "verification", `"user"`} {
		all = append(all, "delete from "+table+" where id not like 'bench%'")
	}
	return append(all, `vacuum (analyze) session, account, verification, "user"`)
}

// sampled are the numbers of count rows of n, from the first to the last, evenly.
func sampled(n, count int) []int {
	count = min(n, count)
	out := make([]int, count)
	for i := range out {
		out[i] = 1 + i*n/count
	}
	return out
}

package main

import "fmt"

const (
	// secret signs the cookies that the tool makes. It guards nothing.
	secret = "bench-secret-0123456789-abcdefghijklmnop"
	origin = "http://localhost:3000"

	// cookieName is that of both servers on plain HTTP.
	cookieName = "better-auth.session_token"

	// wide is how many sessions of the database are asked for in turn, few how
	// many where each costs something to prepare.
	wide, few = 20_000, 100

	// hashing is the most connections for what hashes passwords: Gatehouse queues
	// a few per processor and refuses more, which is not to be measured here.
	hashing = 32
)

// workload is one kind of request, and the configuration for it.
type workload struct {
	name, about string
	changes     settings // of both servers' configuration
	limit       string   // what the limit does, by its flag -do; empty: there is none
	redis       bool     // sessions are in Redis alone
	cache       bool     // sessions are in cookies: see prime
	most        int      // connections; 0: any
	adds        bool     // rows, which are removed afterwards
	sizes       bool     // measured at every number of sessions
	same        bool     // all contenders answer the same JSON to the same request
	requests    func(*stage) (source, error)
}

func allWorkloads() []workload {
	bearer := settings{"plugins": settings{"bearer": settings{}}}
	organization := settings{"plugins": settings{"organization": settings{}}}
	all := []workload{
		{name: "get-session", about: "the session of a cookie, from the database", limit: "session", sizes: true, same: true, requests: sessions(byCookie)},
		{name: "bearer", about: "the session of a bearer token, from the database", changes: bearer, limit: "session", same: true, requests: sessions(byBearer)},
	}
	for _, strategy := range []string{"compact", "jwt", "jwe"} {
		all = append(all, workload{
			name: "cache-" + strategy, about: "the session from the cookie cache, " + strategy, limit: "body", cache: true, same: true, requests: primed,
			changes: settings{"session": settings{"cookieCache": settings{"enabled": true, "strategy": strategy, "maxAge": 3600}}},
		})
	}
	return append(all,
		workload{name: "redis", about: "the session of a cookie, from Redis", limit: "redis", redis: true, requests: shelved},
		workload{name: "sign-in", about: "sign-in with a password", limit: "sign-in", most: hashing, adds: true, requests: signIns},
		workload{name: "sign-up", about: "sign-up with a password", limit: "sign-up", most: hashing, adds: true, requests: signUps},
		workload{name: "organization", about: fmt.Sprintf("an organization with its %d members", members), changes: organization, requests: organizations},
	)
}

// options are what both servers are configured with. Each adds its database.
func (w workload) options() settings {
	common := settings{
		"secret":           secret,
		"baseURL":          origin,
		"emailAndPassword": settings{"enabled": true},
		"rateLimit":        settings{"enabled": false},
		"advanced":         settings{"useSecureCookies": false},
	}
	return with(common, w.changes)
}

// connections are the numbers to measure at.
func (w workload) connections(all []int) []int {
	if w.most == 0 {
		return all
	}
	var some []int
	for _, n := range all {
		if n <= w.most {
			some = append(some, n)
		}
	}
	return some
}

// stage is where requests are made for: a server that runs, and its data.
type stage struct {
	*bench
	*workload
	*database
	addr  string
	fixed bool // the server gives everybody the answer of the first session
	loads int  // that there were; see fresh
}

// source gives the requests of each connection, by its number and theirs, both
// from 0, and what the answer has to hold. It is called by many goroutines at once.
type source func(connection, n int) (request, want []byte)

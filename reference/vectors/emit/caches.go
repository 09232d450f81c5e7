package main

import (
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

type cacheVector struct {
	Keys     keys   `json:"keys"`
	Strategy string `json:"strategy"`
	Session  string `json:"session"`
	User     string `json:"user"`
	Version  string `json:"version"`
	Header   string `json:"header"` // as a browser sends it
}

func caches(now time.Time) ([]cacheVector, error) {
	plain, _, rotated, _, _ := secrets()
	const dates = `"createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z",`
	const session = `{"id":"s","token":"t","userId":"u",` + dates + `"expiresAt":"2999-01-01T00:00:00.000Z","userAgent":"<\"\\/\">&` + "\u2028" + `\u0007"}`
	var out []cacheVector
	for _, strategy := range []string{cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE} {
		for _, k := range []keys{plain, rotated} {
			for _, bio := range []string{"", strings.Repeat("x", 2000), strings.Repeat("é<🔑", 900)} {
				user := `{"id":"u","name":"Ada 🔑 Löve",` + dates + `"email":"ada@example.com","emailVerified":true,"image":null,"bio":"` + bio + `"}`
				for _, version := range []string{"1", `7 "é"`} {
					v, err := cache(k, strategy, session, user, version, now)
					if err != nil {
						return nil, err
					}
					out = append(out, v)
				}
			}
		}
	}
	return out, nil
}

func cache(k keys, strategy, session, user, version string, now time.Time) (cacheVector, error) {
	loaded, err := k.load()
	if err != nil {
		return cacheVector{}, err
	}
	value, err := cookies.EncodeCache(strategy, loaded, cookies.CachePayload{
		Session: session, User: user,
		UpdatedAt: now.UnixMilli(), Version: version,
	}, time.Hour, now)
	if err != nil {
		return cacheVector{}, err
	}
	var jar cookies.Jar
	c := cookies.Cookie{Name: "better-auth.session_data"}
	if err := jar.SetChunked(cookies.Received{}, c, value, cookies.SessionDataLimit); err != nil {
		return cacheVector{}, err
	}
	return cacheVector{k, strategy, session, user, version, strings.Join(jar.Lines(), "; ")}, nil
}

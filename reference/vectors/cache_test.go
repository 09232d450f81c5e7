package vectors_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

type cacheVector struct {
	Name, Strategy string
	Keys           keys
	Before         string // Cookie header of the request that upstream answered
	Now            int64  // milliseconds, just before it did
	MaxAge         int64  // seconds, 0 for a cookie without a lifetime
	Session, User  string
	UpdatedAt      int64
	Version        string
	Value          string // the whole value
	Header         string // the Cookie header that a browser then sends
	Lines          []string
}

const sessionData = "better-auth.session_data"

func TestUpstreamSessionCachesAreRead(t *testing.T) {
	for _, v := range load[cacheVector](t, "caches") {
		t.Run(v.Name, func(t *testing.T) {
			k := v.Keys.load(t)
			value, ok := cookies.Parse(v.Header).Chunked(sessionData)
			if !ok {
				t.Fatal("the cookie is not read")
			}
			same(t, "value", value, v.Value)
			now := time.UnixMilli(v.Now)
			got, expiresAt, err := cookies.DecodeCache(v.Strategy, k, value, now)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "session", got.Session, v.Session)
			same(t, "user", got.User, v.User)
			if got.UpdatedAt != v.UpdatedAt || got.Version != v.Version {
				t.Errorf("updated %d, version %q; want %d, %q", got.UpdatedAt, got.Version, v.UpdatedAt, v.Version)
			}
			if life := expiresAt.Sub(now); life < lifetime(v)-time.Second || life > lifetime(v)+5*time.Second {
				t.Errorf("lives %s, want %s", life, lifetime(v))
			}
			if _, _, err := cookies.DecodeCache(v.Strategy, k, value, expiresAt.Add(time.Millisecond)); v.Strategy != cookies.StrategyJWT && !errors.Is(err, cookies.ErrCacheExpired) {
				t.Errorf("behind its end: %v, want ErrCacheExpired", err)
			}
			for i, changed := range flips(value) {
				if _, _, err := cookies.DecodeCache(v.Strategy, k, changed, now); err == nil {
					t.Errorf("a cache changed at %d is accepted", i)
				}
			}
			for _, other := range []string{cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE} {
				if _, _, err := cookies.DecodeCache(other, k, value, now); other != v.Strategy && !errors.Is(err, cookies.ErrCache) {
					t.Errorf("read as %s: %v, want ErrCache", other, err)
				}
			}
		})
	}
}

// lifetime is what upstream gives a cache, also without a lifetime of the
// cookie.
func lifetime(v cacheVector) time.Duration {
	switch {
	case v.MaxAge > 0:
		return seconds(v.MaxAge)
	case v.Strategy == cookies.StrategyCompact:
		return time.Minute
	}
	return 5 * time.Minute
}

func TestOurSessionCacheIsUpstreamsByteForByte(t *testing.T) {
	for _, v := range load[cacheVector](t, "caches") {
		if v.Strategy == cookies.StrategyJWE {
			continue // its initialisation vector is random
		}
		t.Run(v.Name, func(t *testing.T) {
			k := v.Keys.load(t)
			payload, expiresAt, err := cookies.DecodeCache(v.Strategy, k, v.Value, time.UnixMilli(v.Now))
			if err != nil {
				t.Fatal(err)
			}
			got, err := cookies.EncodeCache(v.Strategy, k, payload, seconds(v.MaxAge), expiresAt.Add(-lifetime(v)))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "cache", got, v.Value)
		})
	}
}

// Upstream expires each old cookie and then sets the new ones, where the jar
// keeps the last line of each name.
func TestChunksAreWrittenAsUpstreamWritesThem(t *testing.T) {
	for _, v := range load[cacheVector](t, "caches") {
		t.Run(v.Name, func(t *testing.T) {
			spec := cookies.Cookie{Name: sessionData, Attributes: cookies.Attributes{
				Path: "/", HTTPOnly: true, SameSite: cookies.SameSiteLax, MaxAge: seconds(v.MaxAge),
			}}
			var jar cookies.Jar
			if err := jar.SetChunked(cookies.Parse(v.Before), spec, v.Value, cookies.SessionDataLimit); err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			jar.WriteTo(h)
			if diff := cmp.Diff(byName(v.Lines), byName(h["Set-Cookie"])); diff != "" {
				t.Errorf("lines (-upstream +ours):\n%s", diff)
			}
		})
	}
}

// byName gives the last line of each cookie.
func byName(lines []string) map[string]string {
	out := map[string]string{}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		out[name] = line
	}
	return out
}

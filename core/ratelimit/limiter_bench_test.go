package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// BenchmarkLimiter counts requests of more addresses than the memory holds, so
// that something has to leave for each that comes, and of one.
func BenchmarkLimiter(b *testing.B) {
	for name, addresses := range map[string]int{"addresses=1": 1, "addresses=200000": 2 * ratelimit.DefaultCapacity} {
		b.Run(name, func(b *testing.B) {
			l, err := ratelimit.New(ratelimit.Config{Enabled: true, Max: 1 << 30, Store: ratelimit.NewMemory(0)})
			if err != nil {
				b.Fatal(err)
			}
			ips := make([]string, addresses)
			for i := range ips {
				ips[i] = fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
			}
			r := httptest.NewRequest(http.MethodGet, "/api/auth/get-session", nil)
			now := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Check(r, "/get-session", "/get-session", ips[n%addresses], now); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

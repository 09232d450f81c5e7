package main

import (
	"fmt"
	"time"
)

// addresses is what the rate limiter holds when as many clients have come, in
// bytes of resident memory.
type addresses struct {
	Addresses           int
	PerSecond           float64
	Before, Peak, After int64
}

// measureAddresses sends a request from each of many addresses, as a proxy that
// is trusted names them, to a Gatehouse that counts in memory.
func (b *bench) measureAddresses() error {
	w := workload{name: "addresses", changes: settings{
		"rateLimit": settings{"enabled": true, "storage": "memory"},
		"advanced":  settings{"useSecureCookies": false, "ipAddress": settings{"trustedProxies": []string{"127.0.0.1/32"}}},
	}}
	d, err := b.filled(b.sizes[0], w.options())
	if err != nil {
		return err
	}
	server, err := startGatehouse(b, &w, d, "addresses")
	if err != nil {
		return err
	}
	defer server.Abandon()
	a := addresses{Addresses: b.plan.addresses}
	if a.Before, err = b.resident(server); err != nil {
		return err
	}
	if a.PerSecond, err = b.come(server, a.Addresses); err != nil {
		return err
	}
	u, err := server.GroupUsage()
	if err != nil {
		return err
	}
	a.Peak = u.Peak
	a.After, err = b.resident(server)
	b.Addresses = &a
	return err
}

// come sends one request from each of n addresses, and then one more from the
// last, until the limit says that it counts.
func (b *bench) come(server *server, n int) (perSecond float64, err error) {
	const connections = 32
	l := load{addr: server.addr, connections: connections, most: (n + connections - 1) / connections}
	l.next = func(connection, i int) (request, want []byte) {
		return from(i*connections + connection), []byte("null")
	}
	f, err := l.run(b.ctx, time.Hour)
	if err != nil {
		return 0, err
	}
	c, err := dial(b.ctx, server.addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	for range 1000 {
		if status, _, err := c.exchange(from(n - 1)); err != nil || status == 429 {
			return f.PerSecond, err
		}
	}
	return 0, fmt.Errorf("the limit counts nothing; see %s", server.Log)
}

// from asks for no session, from an address.
func from(n int) []byte {
	return get("/get-session", fmt.Sprintf("X-Forwarded-For: 11.%d.%d.%d", n>>16&255, n>>8&255, n&255))
}

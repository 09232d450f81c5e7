package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	clientTimeout = 30 * time.Second
	probeEvery    = 20 * time.Millisecond
)

// measured is what a flood showed.
type measured struct {
	mu        sync.Mutex
	statuses  map[int]int     // of the sign-ins; 0 when the connection failed
	accepted  []time.Duration // of the sign-ins that were answered 200
	refused   []time.Duration // of those answered 503
	silent    int             // refusals without Retry-After
	skipped   int             // sign-ins not sent for want of connections
	probes    []time.Duration // of get-session
	badProbes int             // get-session that was not answered 200
	memory    int64           // bytes, the most during the flood
	settled   int64           // bytes, after a rest
	elapsed   time.Duration
}

// flood sends sign-ins at a steady rate, whether or not earlier ones have been
// answered, and asks for the session meanwhile.
func flood(ctx context.Context, url string, cookies []*http.Cookie, p plan) *measured {
	ctx, cancel := context.WithTimeout(ctx, p.duration)
	defer cancel()
	m := &measured{statuses: map[int]int{}}
	var wg sync.WaitGroup
	wg.Go(func() { m.probe(ctx, url, cookies) })

	client := &http.Client{Timeout: clientTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: p.connections}}
	defer client.CloseIdleConnections()
	start := time.Now()
	tick := time.NewTicker(time.Second / time.Duration(p.rate))
	defer tick.Stop()
	var inFlight atomic.Int64
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			continue
		}
		if inFlight.Load() >= int64(p.connections) {
			m.skipped++
			continue
		}
		inFlight.Add(1)
		wg.Go(func() {
			defer inFlight.Add(-1)
			// What was sent is waited for, also when the flood is over.
			m.signIn(context.WithoutCancel(ctx), client, url)
		})
	}
	wg.Wait()
	m.elapsed = time.Since(start)
	return m
}

func (m *measured) signIn(ctx context.Context, c *http.Client, url string) {
	start := time.Now()
	res, err := post(ctx, c, url+"/api/auth/sign-in/email", user)
	took := time.Since(start)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.statuses[0]++
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	m.statuses[res.StatusCode]++
	switch res.StatusCode {
	case http.StatusOK:
		m.accepted = append(m.accepted, took)
	case http.StatusServiceUnavailable:
		m.refused = append(m.refused, took)
		if res.Header.Get("Retry-After") == "" {
			m.silent++
		}
	}
}

// probe asks for the session, over a connection of its own, until ctx ends.
func (m *measured) probe(ctx context.Context, url string, cookies []*http.Cookie) {
	client := &http.Client{Timeout: clientTimeout, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, url+"/api/auth/get-session", nil)
		if err != nil {
			m.badProbes++
			return
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		start := time.Now()
		res, err := client.Do(req)
		took := time.Since(start)
		if err != nil {
			m.badProbes++
			continue
		}
		body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		_ = res.Body.Close()
		m.probes = append(m.probes, took)
		if res.StatusCode != http.StatusOK || string(body) == "null" {
			m.badProbes++
		}
	}
}

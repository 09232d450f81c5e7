package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// probeEvery is how often the proxy asks each server whether it is ready. The
// servers' drain delay has to be longer.
const probeEvery = 100 * time.Millisecond

// proxy hands requests to servers in turn, to those that say they are ready. It
// repeats none.
type proxy struct {
	url  string
	back []*backend
	next atomic.Uint64
}

type backend struct {
	*program
	ready atomic.Bool
}

// startProxy serves until the scenario ends.
func (b *bench) startProxy(programs ...*program) (*proxy, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(b.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + l.Addr().String() + "/api/auth"}
	ctx, cancel := context.WithCancel(b.ctx)
	for _, program := range programs {
		back := &backend{program: program}
		p.back = append(p.back, back)
		go back.follow(ctx)
	}
	server := &http.Server{ReadHeaderTimeout: startTimeout, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", p.choose()
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		// Of a connection that is kept nobody knows whether the server closes it.
		Transport: &http.Transport{DisableKeepAlives: true},
	}}
	go func() { _ = server.Serve(l) }()
	b.later(func() {
		cancel()
		_ = server.Close()
	})
	return p, nil
}

// follow keeps an eye on a server.
func (s *backend) follow(ctx context.Context) {
	for ctx.Err() == nil {
		s.ready.Store(s.probe("/readyz", time.Second) == nil)
		select {
		case <-time.After(probeEvery):
		case <-ctx.Done():
		}
	}
}

// choose is the address of the next server that is ready; when none is, of any.
func (p *proxy) choose() string {
	n := p.next.Add(1)
	for i := range uint64(len(p.back)) {
		if s := p.back[(n+i)%uint64(len(p.back))]; s.ready.Load() {
			return s.addr
		}
	}
	return p.back[n%uint64(len(p.back))].addr
}

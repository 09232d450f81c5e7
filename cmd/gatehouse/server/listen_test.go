package server

import (
	"errors"
	"net"
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	t.Parallel()
	for name, addr := range map[string]string{
		"an address without a port":      "localhost",
		"a port that is a name":          "localhost:http",
		"a port that is too high":        "localhost:65536",
		"nothing":                        "",
		"a host that this machine lacks": "192.0.2.1:0",
	} {
		t.Run(name+" is an error that names the flag or the port", func(t *testing.T) {
			t.Parallel()
			l, err := Listen(t.Context(), addr)
			if !errors.Is(err, ErrAddress) || len(l) != 0 {
				t.Fatalf("got %v, %v", l, err)
			}
			if !strings.Contains(err.Error(), "--addr") && !strings.Contains(err.Error(), "port") {
				t.Errorf("%q does not say what to do", err)
			}
		})
	}
}

func TestLocalhostMeansBothLoopbacks(t *testing.T) {
	t.Parallel()
	probe := loopback(t)
	port := Port(probe)
	_ = probe.Close()
	listeners, err := Listen(t.Context(), "localhost:"+port)
	if err != nil {
		t.Skipf("somebody else was faster: %v", err)
	}
	hosts := map[string]bool{}
	for _, l := range listeners {
		host, got, err := net.SplitHostPort(l.Addr().String())
		if err != nil || got != port {
			t.Errorf("listens on %s, want port %s", l.Addr(), port)
		}
		hosts[host] = true
		defer func() { _ = l.Close() }()
	}
	if !hosts["127.0.0.1"] || len(hosts) == 2 && !hosts["::1"] {
		t.Errorf("listens on %v", hosts)
	}
	if _, err := Listen(t.Context(), "localhost:"+port); !errors.Is(err, ErrAddress) {
		t.Errorf("a second server: %v", err)
	}
}

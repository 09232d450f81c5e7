package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// ErrAddress says that the server cannot listen where it was told to. The text
// names the flag that changes it.
var ErrAddress = errors.New("cannot listen")

// Listen opens host:port. The host "localhost" means both loopback addresses,
// as browsers and Node disagree on which one they try first; port 0 lets the
// system choose one.
func Listen(ctx context.Context, addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%w on %q: want --addr HOST:PORT, such as --addr localhost:3000", ErrAddress, addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("%w on %q: the port is not a number from 0 to 65535", ErrAddress, addr)
	} else if host != "localhost" || n == 0 {
		l, err := open(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	v4, err := open(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, err
	}
	v6, err := open(ctx, "tcp6", net.JoinHostPort("::1", port))
	switch {
	case err == nil:
		return []net.Listener{v4, v6}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		_ = v4.Close() // another program has the port on ::1
		return nil, err
	}
	return []net.Listener{v4}, nil // this machine has no IPv6
}

func open(ctx context.Context, network, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, network, addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w on %s: another program is using the port; stop it, or choose another one with --addr HOST:PORT: %w", ErrAddress, addr, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%w on %s: not permitted; ports below 1024 need privileges, choose another one with --addr HOST:PORT: %w", ErrAddress, addr, err)
	}
	return nil, fmt.Errorf("%w on %s: choose another address with --addr HOST:PORT: %w", ErrAddress, addr, err)
}

// Port is the port that a listener got.
func Port(l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return port
}

package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// reconcileEvery is how often the master is asked for at the Sentinels, beside
// their own announcements, of which one can be missed.
const reconcileEvery = time.Second

var parameters = []string{"addr", "client_name", "db", "dial_timeout", "master_set", "protocol", "skip_verify", "write_timeout"}

// parse reads a URL. Its errors say nothing of what the URL holds: where a
// password is not percent-encoded, any part of it can end up anywhere.
func parse(text string, opts Options) (rueidis.ClientOption, error) {
	scheme, _, _ := strings.Cut(text, "://")
	if !slices.Contains([]string{"redis", "rediss", "valkey", "valkeys", "unix"}, scheme) {
		return rueidis.ClientOption{}, errors.New("redis: the URL must start with redis://, rediss:// (TLS) or unix://")
	}
	option, err := rueidis.ParseURL(text)
	if err != nil {
		return rueidis.ClientOption{}, fmt.Errorf("redis: the URL cannot be read; write %s://user:password@host:port/database with the password percent-encoded, numbers as digits and durations as 500ms", scheme)
	}
	u, err := url.Parse(text)
	if err != nil {
		return rueidis.ClientOption{}, errors.New("redis: the URL cannot be read")
	}
	for name := range u.Query() {
		if !slices.Contains(parameters, name) {
			return rueidis.ClientOption{}, fmt.Errorf("redis: the URL has a parameter that is none of %s", strings.Join(parameters, ", "))
		}
	}
	timeout := cmp.Or(opts.Timeout, defaultTimeout)
	option.Dialer.Timeout = cmp.Or(option.Dialer.Timeout, opts.DialTimeout, defaultDialTimeout)
	option.ConnWriteTimeout = cmp.Or(option.ConnWriteTimeout, timeout)
	option.DialCtxFn = dialer(scheme == "unix", u.Hostname())

	// Nothing is cached here: another server may change it. So servers do that
	// know no client tracking.
	option.DisableCache = true
	// rueidis repeats what only reads, for as long as the context lasts: requests
	// would pile up while Redis is away. What writes it never repeats.
	option.DisableRetry = true
	// A reader on every connection sees it break at once, so that the next call
	// makes another one and does not fail on the old one.
	option.AlwaysPipelining = true
	// One connection to a server keeps the order of the calls, also where the
	// caller of one has given up before it was sent.
	option.PipelineMultiplex = -1

	option.Sentinel.Dialer, option.Sentinel.TLSConfig = option.Dialer, option.TLSConfig
	if option.Sentinel.MasterSet != "" {
		option.Sentinel.TopologyRefreshInterval = reconcileEvery
	}
	return option, nil
}

// dialer makes connections. A caller who gives up ends none: others wait for the
// same one. The certificate is that of the host that is dialled; where Cluster or
// Sentinels give an address, it is that of the host in the URL.
func dialer(unix bool, host string) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	named := net.ParseIP(host) == nil
	return func(ctx context.Context, address string, d *net.Dialer, config *tls.Config) (net.Conn, error) {
		ctx = context.WithoutCancel(ctx) // the dialer has a timeout
		if unix {
			return d.DialContext(ctx, "unix", address)
		}
		if config == nil {
			return d.DialContext(ctx, "tcp", address)
		}
		config = config.Clone()
		if dialled, _, err := net.SplitHostPort(address); err == nil && (net.ParseIP(dialled) == nil || !named) {
			config.ServerName = dialled
		}
		ctx, cancel := context.WithTimeout(ctx, d.Timeout)
		defer cancel()
		return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", address)
	}
}

package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

const mib = 1 << 20

// judge prints the numbers and returns an error for each promise that was not
// kept. Times are printed, not judged: they say as much about the machine.
func (m *measured) judge(p plan) error {
	for _, status := range slices.Sorted(maps.Keys(m.statuses)) {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "failed connections"
		}
		fmt.Printf("sign-in %-18s %6d (%.1f a second)\n", name, m.statuses[status], float64(m.statuses[status])/m.elapsed.Seconds())
	}
	fmt.Printf("not sent, all connections busy %d\n", m.skipped)
	fmt.Printf("accepted    p50 %s  p99 %s\n", quantile(m.accepted, 0.5), quantile(m.accepted, 0.99))
	fmt.Printf("refused     p50 %s  p99 %s\n", quantile(m.refused, 0.5), quantile(m.refused, 0.99))
	fmt.Printf("get-session p50 %s  p99 %s  of %d, %d without a session\n", quantile(m.probes, 0.5), quantile(m.probes, 0.99), len(m.probes), m.badProbes)
	limit := int64(150+32*p.slots) * mib
	fmt.Printf("memory      %d MiB at most, %d MiB after a rest; the bound is %d MiB\n", m.memory/mib, m.settled/mib, limit/mib)

	var errs []error
	if m.memory == 0 || m.memory > limit {
		errs = append(errs, errors.New("memory is above the bound"))
	}
	if m.statuses[http.StatusOK] == 0 {
		errs = append(errs, errors.New("nobody could sign in"))
	}
	if m.silent > 0 {
		errs = append(errs, fmt.Errorf("%d refusals without Retry-After", m.silent))
	}
	for status, n := range m.statuses {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			errs = append(errs, fmt.Errorf("%d sign-ins ended with %d", n, status))
		}
	}
	if m.badProbes > 0 || len(m.probes) == 0 {
		errs = append(errs, fmt.Errorf("get-session did not answer %d times", m.badProbes))
	}
	return errors.Join(errs...)
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(100 * time.Microsecond)
}
